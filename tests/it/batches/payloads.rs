//! Payloads that are not JSON: types with their own decoding, compressed ones, and those that a record layer replaces.

use crate::batches::support::{failed, sqs, stream};
use flate2::Compression;
use flate2::write::GzEncoder;
use lrt::batch::{Batch, BatchFailures, DecodeError, RawRecord};
use lrt::dynamodb::Change;
use lrt::firehose::Transform;
use lrt::payload::{CloudWatchLogs, Decode, Decoded, Deserialized, EventBridge, Gzip, Raw, Sns, Text};
use lrt::sqs::Message;
use lrt::testing::{IntoEvent, Outcome, events};
use lrt::{BoxError, Error, kafka, kinesis};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};
use tower::filter::{AsyncFilterLayer, FilterLayer};

/// `name=1`
#[derive(Debug, PartialEq)]
struct Setting {
    name: String,
    value: u32,
}

impl Decode for Setting {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let line = std::str::from_utf8(bytes).map_err(DecodeError::custom)?;
        let (name, value) = line.split_once('=').ok_or_else(|| DecodeError::custom("expected `=`"))?;
        Ok(Setting { name: name.to_owned(), value: value.parse().map_err(DecodeError::custom)? })
    }
}

fn check(setting: &Setting) -> Result<(), Error> {
    if *setting == (Setting { name: "a".to_owned(), value: 1 }) { Ok(()) } else { Err(Error::msg("another setting")) }
}

#[tokio::test]
async fn type_with_its_own_decoding_is_a_payload_of_each_source() {
    async fn plain(setting: Setting) -> Result<(), Error> {
        check(&setting)
    }
    async fn message(message: Message<Setting>) -> Result<(), Error> {
        check(&message.body)
    }
    async fn result(setting: Result<Setting, DecodeError>) -> Result<(), Error> {
        check(&setting?)
    }
    async fn batch(batch: Batch<Message<Setting>>) -> Result<BatchFailures, Error> {
        let mut failures = BatchFailures::new();
        for message in batch {
            if let Err(error) = message {
                failures.push(&error);
            }
        }
        Ok(failures)
    }
    async fn record(record: kinesis::Record<Setting>) -> Result<(), Error> {
        check(&record.data)
    }
    async fn value(record: kafka::Record<Option<Setting>>) -> Result<(), Error> {
        record.value.as_ref().map_or(Ok(()), check)
    }
    let event = || events::sqs().text("a=1").text("a").json(&"a=1");
    assert_eq!(lrt::sqs(plain).harness().invoke(event()).await.batch_failures(), ["message-2", "message-3"]);
    assert_eq!(lrt::sqs(message).harness().invoke(event()).await.batch_failures(), ["message-2", "message-3"]);
    assert_eq!(lrt::sqs(result).harness().invoke(event()).await.batch_failures(), ["message-2", "message-3"]);
    assert_eq!(lrt::sqs(batch).harness().invoke(event()).await.batch_failures(), ["message-2", "message-3"]);
    assert_eq!(failed(&lrt::kinesis(record).harness().invoke(events::kinesis().text("a=1")).await), [""; 0]);
    let event = events::kafka().text("a=1").record(events::kafka_record());
    assert_eq!(lrt::kafka(value).harness().invoke(event).await.reply::<Value>()["batchItemFailures"], json!([]));
}

/// Such a record could never be acknowledged otherwise.
#[tokio::test]
async fn payload_that_cannot_be_read_is_passed_to_a_result() {
    async fn attempt(payload: Result<Text, DecodeError>) -> Result<(), Error> {
        assert!(payload.unwrap_err().to_string().contains("invalid "));
        Ok(())
    }
    async fn change(record: Result<Value, DecodeError>) -> Result<(), Error> {
        assert!(record.unwrap_err().to_string().contains("duplicate field"));
        Ok(())
    }
    async fn data(record: kinesis::Record<Result<Text, DecodeError>>) -> Result<(), Error> {
        attempt(record.data).await
    }
    async fn transform(payload: Result<Text, DecodeError>) -> Result<Transform<Text>, Error> {
        attempt(payload).await?;
        Ok(Transform::Dropped)
    }
    for value in [Value::Null, json!(7), json!("?")] {
        let sqs = json!({"Records": [{"messageId": "1", "body": value}]});
        let kinesis = json!({"Records": [{"kinesis": {"sequenceNumber": "1", "data": value}}]});
        let kafka = json!({"records": {"topic-0": [{"topic": "topic", "partition": 0, "offset": 1, "value": value}]}});
        let firehose = json!({"records": [{"recordId": "1", "data": value}]});
        // Each string is a body, and a value of Kafka may be missing.
        if !value.is_string() {
            assert_eq!(failed(&lrt::sqs(attempt).harness().invoke(&sqs).await), [""; 0], "{value}");
        }
        if !value.is_null() {
            assert_eq!(lrt::kafka(attempt).harness().invoke(&kafka).await.batch_failures(), [""; 0], "{value}");
        }
        assert_eq!(failed(&lrt::kinesis(attempt).harness().invoke(&kinesis).await), [""; 0], "{value}");
        assert_eq!(failed(&lrt::kinesis(data).harness().invoke(&kinesis).await), [""; 0], "{value}");
        let reply = lrt::firehose(transform).harness().invoke(&firehose).await.reply::<Value>();
        assert_eq!(reply["records"][0]["result"], "Dropped", "{value}");
    }
    let dynamodb = r#"{"Records": [{"dynamodb": {"SequenceNumber": "1", "Keys": {}, "Keys": {}}}]}"#;
    assert_eq!(failed(&lrt::dynamodb(change).harness().invoke(dynamodb).await), [""; 0]);
}

#[tokio::test]
async fn type_with_its_own_decoding_is_a_payload_of_envelopes() {
    async fn notified(setting: Sns<Setting>) -> Result<(), Error> {
        check(&setting.message)
    }
    async fn event(event: EventBridge<Deserialized<u32>>) -> Result<(), Error> {
        if event.detail.0 == 7 { Ok(()) } else { Err(Error::msg("another detail")) }
    }
    let queued = events::sqs().json(&events::sns().text("a=1")).json(&events::sns().text("a=x"));
    let outcome = lrt::sqs(notified).harness().invoke(queued).await;
    assert_eq!(outcome.batch_failures(), ["message-2"]);
    assert!(outcome.logs()[0].contains("DecodeError: Message: invalid digit found in string"), "{:?}", outcome.logs());
    let called = events::eventbridge().detail(&7);
    assert!(lrt::json(event).harness().invoke(called).await.error().is_none());
}

#[tokio::test]
async fn custom_message_is_logged_as_it_is() {
    struct Strict;
    impl Decode for Strict {
        fn decode(_: &[u8]) -> Result<Self, DecodeError> {
            Err(DecodeError::custom("invalid type: string \"abc\", expected a color (`red` or `green`)"))
        }
    }
    async fn paint(_: Strict) -> Result<(), Error> {
        Ok(())
    }
    let outcome = lrt::sqs(paint).harness().invoke(sqs("q", &["a"])).await;
    let message = "record id-0 (delivery 3) failed: DecodeError: invalid type: string \"abc\", expected a color (`red` or `green`)";
    assert!(outcome.logs()[0].contains(message), "{:?}", outcome.logs());
}

/// A number in text, as decimal in JSON and as hexadecimal in its own format.
#[derive(Deserialize)]
struct Number(u32);

impl Decode for Number {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(bytes).map_err(DecodeError::custom)?;
        u32::from_str_radix(text, 16).map(Number).map_err(DecodeError::custom)
    }
}

#[tokio::test]
async fn wrappers_select_one_of_two_decodings() {
    async fn decoded(Decoded(number): Decoded<Number>) -> Result<(), Error> {
        if number.0 == 16 { Ok(()) } else { Err(Error::msg("not hexadecimal")) }
    }
    async fn deserialized(Deserialized(number): Deserialized<Number>) -> Result<(), Error> {
        if number.0 == 10 { Ok(()) } else { Err(Error::msg("not decimal")) }
    }
    assert_eq!(failed(&lrt::sqs(decoded).harness().invoke(sqs("q", &["10"])).await), [""; 0]);
    assert_eq!(failed(&lrt::sqs(deserialized).harness().invoke(sqs("q", &["10"])).await), [""; 0]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn gzip_is_decompressed_and_its_content_decoded() {
    async fn number(Gzip(n): Gzip<u32>) -> Result<(), Error> {
        if n == 7 { Ok(()) } else { Err(Error::msg("another number")) }
    }
    async fn setting(message: Message<Gzip<Setting>>) -> Result<(), Error> {
        check(&message.body.0)
    }
    async fn optional(value: Option<Gzip<Text>>) -> Result<(), Error> {
        assert!(value.is_none_or(|Gzip(Text(text))| text == "x"));
        Ok(())
    }
    let two_members = [gzip(b" "), gzip(b"7")].concat();
    let event = events::kinesis().bytes(gzip(b"7")).bytes(two_members);
    assert_eq!(failed(&lrt::kinesis(number).harness().invoke(event).await), [""; 0]);
    // An SQS body is text.
    assert_eq!(failed(&lrt::sqs(setting).harness().invoke(sqs("q", &[&base64(&gzip(b"a=1"))])).await), [""; 0]);
    let event = events::kafka().bytes(gzip(b"x")).record(events::kafka_record());
    assert_eq!(lrt::kafka(optional).harness().invoke(event).await.reply::<Value>()["batchItemFailures"], json!([]));
}

#[tokio::test]
async fn malformed_gzip_fails_its_record_with_the_cause() {
    async fn number(_: Gzip<u32>) -> Result<(), Error> {
        Ok(())
    }
    let whole = gzip(b"7");
    let mut other_crc = whole.clone();
    let crc = other_crc.len() - 8;
    other_crc[crc] ^= 1;
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024 + 1]);
    for (data, cause) in [
        (b"7".to_vec(), "the payload is not gzip"),
        (whole[..whole.len() - 9].to_vec(), "the payload is malformed gzip: "),
        (other_crc, "the payload is malformed gzip: corrupt gzip stream does not have a matching checksum"),
        (b"H4sI!".to_vec(), "the payload is malformed gzip: Invalid symbol 33, offset 4"),
        (gzip(b"x"), "decompressed payload: the payload is not JSON: expected value at line 1 column 1"),
        (gzip(b"\"x\""), "decompressed payload: invalid type: string, expected u32 at line 1 column 3"),
        (bomb, "the payload decompresses to more than 64 MB"),
    ] {
        let event = events::kinesis().bytes(gzip(b"7")).bytes(data);
        let outcome = lrt::kinesis(number).harness().invoke(event).await;
        assert!(outcome.logs()[0].contains(&format!("DecodeError: {cause}")), "{:?}", outcome.logs());
    }
}

#[tokio::test]
async fn log_events_reach_json_and_kinesis_functions() {
    fn check(logs: CloudWatchLogs) {
        assert_eq!((&*logs.message_type, &*logs.owner, &*logs.log_group), ("DATA_MESSAGE", "123456789012", "/orders"));
        assert_eq!((&*logs.log_stream, &*logs.subscription_filters), ("a", &["errors".to_owned()][..]));
        let [first, second] = &logs.log_events[..] else { panic!("{logs:?}") };
        assert_eq!(
            (&*first.message, first.timestamp),
            ("hello", UNIX_EPOCH + Duration::from_millis(1_767_225_600_000))
        );
        assert_eq!((second.id.len(), &*second.extracted_fields["level"]), (56, "ERROR"));
    }
    async fn called(logs: CloudWatchLogs) -> Result<(), Error> {
        check(logs);
        Ok(())
    }
    let logs = || {
        events::cloudwatch_logs()
            .log_group("/orders")
            .log_stream("a")
            .filter("errors")
            .message("hello")
            .message_with_fields("ERROR out of stock", json!({"level": "ERROR", "none": null}))
    };
    assert!(lrt::json(called).harness().invoke(logs()).await.error().is_none());
    let event = events::kinesis().bytes(logs().to_gzip());
    assert_eq!(failed(&lrt::kinesis(called).harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn malformed_log_events_are_an_error_that_names_the_field() {
    async fn called(_: CloudWatchLogs) -> Result<(), Error> {
        Ok(())
    }
    for (event, message) in [
        (json!({}), "missing field `awslogs`"),
        (json!({"awslogs": {"data": "e30="}}), "awslogs.data: the payload is not gzip"),
        (
            json!({"awslogs": {"data": base64(&gzip(br#"{"messageType":"DATA_MESSAGE","logEvents":[{"timestamp":"a"}]}"#))}}),
            "awslogs.data: invalid CloudWatch Logs data: invalid type: string, expected u64 at logEvents[0].timestamp",
        ),
    ] {
        let outcome = lrt::json(called).harness().invoke(event).await;
        let error = outcome.error().unwrap();
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        assert!(error.message().contains(message), "{}", error.message());
    }
}

fn gunzip(record: RawRecord) -> Result<RawRecord, BoxError> {
    use std::io::Read;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&*record.payload()?).read_to_end(&mut bytes)?;
    Ok(record.with_payload(bytes.into()))
}

async fn slow_gunzip(record: RawRecord) -> Result<RawRecord, BoxError> {
    tokio::task::yield_now().await;
    gunzip(record)
}

#[tokio::test]
async fn layer_replaces_the_payload() {
    async fn record(record: kinesis::Record<u32>) -> Result<(), Error> {
        assert_eq!((record.data, record.id.as_str(), &*record.partition_key), (7, "42", "key-1"));
        Ok(())
    }
    let event = || events::kinesis().record(events::kinesis_record().bytes(gzip(b"7")).sequence_number("42")).build();
    let layered = lrt::kinesis(record).record_layer(FilterLayer::new(gunzip));
    assert_eq!(failed(&layered.harness().invoke(event()).await), [""; 0]);
    let layered = lrt::kinesis(record).record_layer(AsyncFilterLayer::new(slow_gunzip));
    assert_eq!(failed(&layered.harness().invoke(event()).await), [""; 0]);
    // An error of the layer fails the record.
    let layered =
        lrt::kinesis(record).record_layer(FilterLayer::new(gunzip)).on_all_failed(lrt::batch::OnAllFailed::Report);
    assert_eq!(failed(&layered.harness().invoke(events::kinesis().text("7")).await), [format!("49{:054}", 1)]);
}

/// Replaces each payload with these bytes.
fn replace(bytes: &'static [u8]) -> FilterLayer<impl Fn(RawRecord) -> Result<RawRecord, BoxError> + Clone> {
    FilterLayer::new(move |record: RawRecord| Ok(record.with_payload(bytes.into())))
}

#[tokio::test]
async fn payload_of_sqs_may_be_replaced_with_bytes_that_are_not_utf8() {
    async fn raw(message: Message<Raw>) -> Result<(), Error> {
        assert_eq!((&*message.body.0, message.id.as_str(), message.receive_count), (&b"\xff\x00"[..], "id-0", 3));
        Ok(())
    }
    async fn text(_: Text) -> Result<(), Error> {
        Ok(())
    }
    async fn number(_: u32) -> Result<(), Error> {
        Ok(())
    }
    let event = sqs("q", &["x"]);
    assert_eq!(failed(&lrt::sqs(raw).record_layer(replace(b"\xff\x00")).harness().invoke(&event).await), [""; 0]);
    let outcome = lrt::sqs(text).record_layer(replace(b"\xff\x00")).harness().invoke(&event).await;
    assert!(outcome.logs()[0].contains("the payload is not UTF-8"), "{:?}", outcome.logs());
    let outcome = lrt::sqs(number).record_layer(replace(b"\xff\x00")).harness().invoke(&event).await;
    assert!(outcome.logs()[0].contains("take `lrt::payload::Raw`"), "{:?}", outcome.logs());
}

#[derive(Deserialize, Debug, PartialEq)]
struct Product {
    price: u32,
}

/// Doubles the price in the new image of a record.
fn double(record: RawRecord) -> Result<RawRecord, BoxError> {
    let mut json: Value = serde_json::from_slice(&record.payload()?)?;
    let price = &mut json["dynamodb"]["NewImage"]["price"]["N"];
    *price = json!((price.as_str().ok_or("no price")?.parse::<u32>()? * 2).to_string());
    Ok(record.with_payload(json.to_string().into()))
}

#[tokio::test]
async fn payload_of_dynamodb_is_replaced_with_another_record() {
    async fn change(change: Change<Product>) -> Result<(), Error> {
        assert_eq!(change.id().as_str(), "100");
        assert_eq!(change.keys().json(), r#"{"id":{"S":"a"}}"#);
        assert!(matches!(change, Change::Insert { new: Product { price: 20 }, .. }), "{change:?}");
        Ok(())
    }
    async fn json(record: Value) -> Result<(), Error> {
        assert_eq!(record["dynamodb"]["NewImage"]["price"]["N"], "20");
        Ok(())
    }
    let event = stream(&[("a", json!({"price": {"N": "5"}}))]);
    let double_twice = || (FilterLayer::new(double), FilterLayer::new(double));
    let (outer, inner) = double_twice();
    let layered = lrt::dynamodb(change).record_layer(outer).record_layer(inner);
    assert_eq!(failed(&layered.harness().invoke(&event).await), [""; 0]);
    let (outer, inner) = double_twice();
    let layered = lrt::dynamodb(json).record_layer(outer).record_layer(inner);
    assert_eq!(failed(&layered.harness().invoke(&event).await), [""; 0]);
    for (bytes, message) in [
        (&b"\xff"[..], "invalid record: invalid utf-8 sequence"),
        (b"{\"eventName\":\"INSERT\"", "invalid record: EOF while parsing an object"),
        (b"[]", "invalid record: invalid type: sequence, expected an object"),
        (b"{}", "invalid record: missing field `eventName`"),
    ] {
        let outcome = lrt::dynamodb(change).record_layer(replace(bytes)).harness().invoke(&event).await;
        assert!(outcome.logs()[0].contains(message), "{:?}", outcome.logs());
    }
}

#[tokio::test]
async fn replaced_tombstone_has_a_value() {
    async fn value(value: Option<u32>) -> Result<(), Error> {
        assert_eq!(value, Some(7));
        Ok(())
    }
    let outcome = lrt::kafka(value)
        .record_layer(replace(b"7"))
        .harness()
        .invoke(events::kafka().record(events::kafka_record()))
        .await;
    assert_eq!(outcome.reply::<Value>()["batchItemFailures"], json!([]));
}

/// Returns the payload of the error of the only record.
async fn payload_of<F, Fut>(run: F, event: impl IntoEvent) -> Vec<u8>
where
    F: FnOnce(std::sync::Arc<std::sync::Mutex<Vec<u8>>>, bytes::Bytes) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let stored = std::sync::Arc::default();
    let outcome = run(std::sync::Arc::clone(&stored), event.into_event().unwrap()).await;
    assert!(outcome.error().is_none(), "{:?}", outcome.logs());
    let stored = stored.lock().unwrap();
    stored.clone()
}

macro_rules! payload_of {
    ($kind:ident, $event:expr $(, $layer:expr)?) => {
        payload_of(
            |stored, event| async move {
                let store = move |value: Result<u8, DecodeError>| {
                    *stored.lock().unwrap() = value.unwrap_err().payload().unwrap().to_vec();
                    std::future::ready(Ok::<_, Error>(()))
                };
                let event: Value = serde_json::from_slice(&event).unwrap();
                lrt::$kind(store)$(.record_layer($layer))?.harness().invoke(event).await
            },
            $event,
        )
        .await
    };
}

#[tokio::test]
async fn decode_error_has_the_payload_as_it_was_delivered() {
    assert_eq!(payload_of!(sqs, sqs("q", &["a\n\u{e9}"])), "a\n\u{e9}".as_bytes());
    assert_eq!(payload_of!(kinesis, events::kinesis().bytes(b"\xff")), b"\xff");
    assert_eq!(payload_of!(kafka, events::kafka().bytes(b"\xff")), b"\xff");
    let event = stream(&[("a", json!({}))]);
    let record: Value = serde_json::from_slice(&payload_of!(dynamodb, event.clone())).unwrap();
    assert_eq!(record, event["Records"][0]);
    assert_eq!(payload_of!(sqs, sqs("q", &["x"]), replace(b"y")), b"x");
    let record: Value = serde_json::from_slice(&payload_of!(dynamodb, event.clone(), replace(b"{}"))).unwrap();
    assert_eq!(record, event["Records"][0]);
    assert_eq!(DecodeError::custom("x").payload(), None);
}

#[tokio::test]
async fn message_has_its_receipt_handle_and_all_attributes() {
    async fn process(message: Message<Text>) -> Result<(), Error> {
        assert_eq!(message.receipt_handle, "AQEB");
        let attributes: Vec<_> = message.attributes.iter().collect();
        let parts: Vec<_> =
            attributes.iter().map(|one| (one.name(), one.data_type(), one.text(), one.bytes())).collect();
        assert_eq!(
            parts,
            [
                ("text", "String", Some("a\n".into()), Some(b"a\n".to_vec())),
                ("price", "Number.euro", Some("1.5".into()), Some(b"1.5".to_vec())),
                ("image", "Binary", None, Some(vec![0xff])),
            ]
        );
        Ok(())
    }
    let price: events::MessageAttribute = 1.5.into();
    let message = events::message()
        .text("x")
        .receipt_handle("AQEB")
        .attribute("text", "a\n")
        .attribute("price", price.data_type("Number.euro"))
        .attribute("image", b"\xff");
    assert_eq!(failed(&lrt::sqs(process).harness().invoke(events::sqs().message(message)).await), [""; 0]);
    async fn without(message: Message<Text>) -> Result<(), Error> {
        assert_eq!((&*message.receipt_handle, message.attributes.iter().count()), ("", 0));
        Ok(())
    }
    assert_eq!(failed(&lrt::sqs(without).harness().invoke(sqs("q", &["x"])).await), [""; 0]);
}

#[tokio::test]
async fn change_names_its_stream() {
    async fn watch(change: Change<Value>) -> Result<(), Error> {
        let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/items/stream/2026-01-01T00:00:00.000";
        assert_eq!(change.source_arn(), arn);
        assert_eq!(change.table_name().as_deref(), Some("items"));
        let (Change::Insert { source_arn, .. } | Change::Modify { source_arn, .. } | Change::Remove { source_arn, .. }) =
            change;
        assert_eq!(source_arn, arn);
        Ok(())
    }
    let mut event = stream(&[("a", json!({})), ("b", json!({})), ("c", json!({}))]);
    event["Records"][1]["eventName"] = json!("MODIFY");
    event["Records"][2]["eventName"] = json!("REMOVE");
    assert_eq!(failed(&lrt::dynamodb(watch).harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn kinesis_record_has_its_shard() {
    async fn ingest(record: kinesis::Record<Text>) -> Result<(), Error> {
        assert_eq!(record.shard_id().as_deref(), Some("shardId-000000000006"));
        Ok(())
    }
    let event = events::kinesis().shard_id("shardId-000000000006").text("x");
    assert_eq!(failed(&lrt::kinesis(ingest).harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn kafka_record_has_its_schemas_and_cluster() {
    async fn index(record: kafka::Record<Text>) -> Result<(), Error> {
        let key = record.key_schema().unwrap();
        assert_eq!((&*key.format, &*key.id), ("JSON", "7"));
        assert_eq!(record.value_schema(), None);
        assert_eq!(record.cluster_arn().as_deref(), Some("arn:aws:kafka:eu-west-1:1:cluster/a"));
        Ok(())
    }
    let event = || events::kafka().arn("arn:aws:kafka:eu-west-1:1:cluster/a").text("x");
    let mut event = event().build();
    for partition in event["records"].as_object_mut().unwrap().values_mut() {
        // Confluent's ids are numbers.
        partition[0]["keySchemaMetadata"] = json!({"dataFormat": "JSON", "schemaId": 7});
    }
    assert_eq!(lrt::kafka(index).harness().invoke(event).await.reply::<Value>()["batchItemFailures"], json!([]));
    async fn without(record: kafka::Record<Text>) -> Result<(), Error> {
        assert_eq!((record.key_schema(), record.cluster_arn()), (None, None));
        Ok(())
    }
    let outcome = lrt::kafka(without).harness().invoke(events::kafka_self_managed().text("x")).await;
    assert_eq!(outcome.reply::<Value>()["batchItemFailures"], json!([]));
}

/// A change of a table in a Kinesis stream, from the documentation
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html>), with these members.
fn change_in_kinesis(members: Value, stream_members: Value) -> Value {
    let mut change = json!({
        "awsRegion": "us-east-1",
        "eventID": "9681e0b4",
        "eventName": "MODIFY",
        "userIdentity": null,
        "recordFormat": "application/json",
        "tableName": "items",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_572_534_054_987_u64,
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}, "price": {"N": "5"}},
            "OldImage": {"id": {"S": "a"}, "price": {"N": "4"}},
            "SizeBytes": 26,
        },
        "eventSource": "aws:dynamodb",
    });
    for (target, members) in [(&[][..], members), (&["dynamodb"][..], stream_members)] {
        let target = target.iter().fold(&mut change, |value, name| &mut value[*name]);
        for (name, value) in members.as_object().unwrap() {
            target[name] = value.clone();
        }
    }
    change
}

#[tokio::test]
async fn kinesis_function_takes_changes_of_a_table() {
    fn check(change: &Change<Product>, millis: u64) {
        let arn = "arn:aws:kinesis:us-east-1:123456789012:stream/stream";
        assert_eq!((change.id().as_str(), change.source_arn()), ("42", arn));
        assert_eq!((change.keys().json(), change.table_name().as_deref()), (r#"{"id":{"S":"a"}}"#, Some("items")));
        let Change::Modify { old: Some(Product { price: 4 }), new: Product { price: 5 }, created_at, .. } = change
        else {
            panic!("{change:?}")
        };
        assert_eq!(*created_at, Some(UNIX_EPOCH + Duration::from_millis(millis)));
    }
    async fn plain(change: Change<Product>) -> Result<(), Error> {
        check(&change, 1_572_534_054_987);
        Ok(())
    }
    async fn result(change: Result<Change<Product>, DecodeError>) -> Result<(), Error> {
        check(&change?, 1_572_534_054_987);
        Ok(())
    }
    async fn batch(batch: Batch<Change<Product>>) -> Result<BatchFailures, Error> {
        let mut failures = BatchFailures::new();
        for change in batch {
            let change = change?;
            check(&change, 1_572_534_054_987);
            failures.push(&change);
        }
        Ok(failures)
    }
    let event = |change: Value| events::kinesis().record(events::kinesis_record().json(&change).sequence_number("42"));
    let millis = || change_in_kinesis(json!({}), json!({}));
    let micros = || {
        change_in_kinesis(
            json!({}),
            json!({
                "ApproximateCreationDateTime": 1_572_534_054_987_000_u64,
                "ApproximateCreationDateTimePrecision": "MICROSECOND",
            }),
        )
    };
    for change in [millis(), micros()] {
        assert_eq!(failed(&lrt::kinesis(plain).harness().invoke(event(change.clone())).await), [""; 0]);
        assert_eq!(failed(&lrt::kinesis(result).harness().invoke(event(change.clone())).await), [""; 0]);
        let function = lrt::kinesis(batch).on_all_failed(lrt::batch::OnAllFailed::Report);
        assert_eq!(failed(&function.harness().invoke(event(change)).await), ["42"]);
    }
}

#[tokio::test]
async fn change_in_kinesis_that_does_not_decode_fails_its_record() {
    async fn watch(change: Change<Product>) -> Result<(), Error> {
        drop(change);
        Ok(())
    }
    for (data, message) in [
        (json!(7).to_string(), "invalid record: invalid type: integer, expected an object"),
        ("x".to_owned(), "invalid record: expected value at line 1 column 1"),
        (change_in_kinesis(json!({"eventName": "DROP"}), json!({})).to_string(), "invalid record: unknown `eventName`"),
        (
            change_in_kinesis(json!({}), json!({"NewImage": {"price": {"S": "x"}}})).to_string(),
            "NewImage: invalid type: string, expected u32 at price",
        ),
    ] {
        let outcome = lrt::kinesis(watch).harness().invoke(events::kinesis().text(data)).await;
        assert!(outcome.error().unwrap().message().contains(message), "{:?}", outcome.logs());
    }
}
