//! Tests of the builders of batch events: compares the events with documented ones, and decodes them in functions.

#![cfg(feature = "batch")]
use lrt::batch::OnAllFailed;
use lrt::dynamodb::{Change, Keys};
use lrt::payload::{AsyncInvocation, EventBridge, FailedBatch, Text};
use lrt::sqs::Message;
use lrt::testing::events::{self, StreamView};
use lrt::testing::{Harness, IntoEvent, TestContext};
use lrt::{Error, Handler};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn at(ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(ms)
}

/// Returns the text of an event, with its order of keys.
fn text(event: impl IntoEvent) -> String {
    String::from_utf8(event.into_event().unwrap().to_vec()).unwrap()
}

/// Returns the keys of an object in their order in `text`.
fn in_order(text: &str, object: &Value) -> Vec<String> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    keys.sort_by_key(|key| text.find(&format!("\"{key}\":")).unwrap());
    keys
}

/// The documented event:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>
#[test]
fn sqs_message_matches_the_documented_event() {
    let event = events::sqs()
        .message(
            events::message()
                .text("Test message.")
                .id("059f36b4")
                .receipt_handle("AQEB")
                .sent_at(at(1_545_082_649_183))
                .first_received_at(at(1_545_082_649_185))
                .sender_id("AIDA")
                .attribute("text", "a")
                .attribute("number", -1.5)
                .attribute("bytes", b"\xff"),
        )
        .queue("my-queue")
        .region("us-east-2")
        .account("000000000001");
    let built = event.clone().build();
    let message = json!({
        "messageId": "059f36b4",
        "receiptHandle": "AQEB",
        "body": "Test message.",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDA",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {
            "text": {"stringValue": "a", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "number": {"stringValue": "-1.5", "stringListValues": [], "binaryListValues": [], "dataType": "Number"},
            "bytes": {"binaryValue": "/w==", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:000000000001:my-queue",
        "awsRegion": "us-east-2",
    });
    assert_eq!(built, json!({"Records": [message]}));
    let order = ["messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody"];
    assert_eq!(in_order(&text(event), &message)[..6], order);
}

#[test]
fn messages_have_distinct_and_reproducible_ids() {
    let event = || events::sqs().json(&1).json(&2).arn("arn:aws-cn:sqs:cn-north-1:1:q");
    assert_eq!(event().build(), event().build());
    let built = event().build();
    let [first, second] = [&built["Records"][0], &built["Records"][1]];
    assert_eq!((&first["messageId"], &second["messageId"]), (&json!("message-1"), &json!("message-2")));
    for (name, value) in first.as_object().unwrap() {
        let same = ["eventSource", "eventSourceARN", "awsRegion", "messageAttributes"].contains(&&**name);
        assert_eq!(value == &second[name], same, "{name}");
    }
    assert_eq!(first["awsRegion"], "cn-north-1");
    assert_eq!(first["attributes"]["SentTimestamp"], "1767225600000");
}

#[test]
fn fifo_messages_have_groups() {
    let built = events::sqs_fifo()
        .json(&1)
        .group("a")
        .json(&2)
        .message(events::message().json(&3).group_id("b").deduplication_id("d").sequence_number("7"))
        .message(events::message().md5_of_body("0").system_attribute("AWSTraceHeader", "Root=1"))
        .build();
    let records = built["Records"].as_array().unwrap();
    let all = |name: &str| records.iter().map(|record| record["attributes"][name].as_str()).collect::<Vec<_>>();
    assert_eq!(all("MessageGroupId"), [Some("group-1"), Some("a"), Some("b"), Some("a")]);
    assert_eq!(all("MessageDeduplicationId")[1..3], [Some("deduplication-2"), Some("d")]);
    assert_eq!(all("SequenceNumber")[1..3], [Some("18800000000000000512"), Some("7")]);
    assert_eq!(all("AWSTraceHeader")[2..], [None, Some("Root=1")]);
    assert_eq!((&records[3]["body"], &records[3]["md5OfBody"]), (&json!(""), &json!("0")));
    let arn = |event: events::SqsEvent| event.json(&1).build()["Records"][0]["eventSourceARN"].clone();
    assert_eq!(arn(events::sqs_fifo()), "arn:aws:sqs:us-east-1:123456789012:queue.fifo");
    assert_eq!(arn(events::sqs_fifo().queue("q.fifo")), "arn:aws:sqs:us-east-1:123456789012:q.fifo");
    // Messages of a standard queue can also have groups.
    let fair = events::sqs().group("tenant").json(&1).build();
    assert_eq!(fair["Records"][0]["attributes"]["MessageGroupId"], "tenant");
    assert_eq!(fair["Records"][0]["attributes"]["SequenceNumber"], Value::Null);
}

#[tokio::test]
async fn function_decodes_built_messages() {
    async fn process(message: Message<Text>) -> Result<(), Error> {
        assert_eq!(message.body.0, "a \"text\"\n");
        assert_eq!((message.id.as_str(), message.receive_count), ("message-2", 3));
        assert_eq!(message.sent_at, Some(at(5)));
        assert_eq!(message.group_id.as_deref(), Some("g"));
        assert_eq!(message.source_arn, "arn:aws:sqs:us-east-1:123456789012:orders");
        assert_eq!(message.attributes.get("n").as_deref(), Some("5"));
        assert_eq!(message.attributes.system("SenderId").as_deref(), Some("AIDAEXAMPLE"));
        Ok(())
    }
    let message =
        events::message().text("a \"text\"\n").receive_count(3).sent_at(at(5)).group_id("g").attribute("n", 5);
    // The first message is invalid: it has no body.
    let event = events::sqs().raw(json!({"messageId": "odd", "body": 7})).message(message).queue("orders");
    let outcome = lrt::sqs(process).harness().invoke(event).await;
    assert_eq!(outcome.batch_failures(), ["odd"], "{:?}", outcome.logs());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Product {
    id: u32,
    name: String,
    price: Option<f64>,
}

fn tea(price: f64) -> Product {
    Product { id: 7, name: "tea".to_owned(), price: Some(price) }
}

/// The documented event: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>
#[test]
fn dynamodb_change_matches_the_documented_event() {
    let event = events::dynamodb()
        .record(
            events::modify(
                &json!({"Id": 101, "Message": "New item!"}),
                &json!({
                    "Id": 101,
                    "Message": "This item has changed",
                }),
            )
            .event_id("2")
            .event_version("1.0")
            .sequence_number("222")
            .created_at(at(1_479_499_740_999)),
        )
        .key("Id")
        .table("products")
        .region("us-west-2")
        .account("000000000001");
    let record = json!({
        "eventID": "2",
        "eventName": "MODIFY",
        "eventVersion": "1.0",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-west-2",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_479_499_740,
            "Keys": {"Id": {"N": "101"}},
            "NewImage": {"Id": {"N": "101"}, "Message": {"S": "This item has changed"}},
            "OldImage": {"Id": {"N": "101"}, "Message": {"S": "New item!"}},
            "SequenceNumber": "222",
            "SizeBytes": 59,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-west-2:000000000001:table/products/stream/2026-01-01T00:00:00.000",
    });
    assert_eq!(event.clone().build(), json!({"Records": [record]}));
    let order = ["eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN"];
    assert_eq!(in_order(&text(event), &record), order);
}

#[tokio::test]
async fn function_decodes_built_changes() {
    type Seen = Arc<Mutex<Vec<(String, Change<Product>)>>>;
    let seen = Seen::default();
    let sees = seen.clone();
    let index = move |change: Change<Product>| {
        sees.lock().unwrap().push((change.id().to_string(), change));
        async { Ok::<_, lrt::Error>(()) }
    };
    let (old, new) = (tea(1.0), tea(2.5));
    let removed = events::remove(&new).created_at(at(9000)).by_ttl();
    let event = events::dynamodb().insert(&old).modify(&old, &new).remove(&new).remove_by_ttl(&new).record(removed);
    let outcome = lrt::dynamodb(index).harness().invoke(event).await;
    assert_eq!(outcome.batch_failures(), [""; 0], "{:?}", outcome.logs());
    let seen = seen.lock().unwrap();
    let ids: Vec<_> = seen.iter().map(|(id, _)| &**id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5].map(|n| format!("10000000000000000000{n}")));
    match &seen[..] {
        [
            (_, Change::Insert { new: first, created_at, keys, .. }),
            (_, Change::Modify { old: Some(before), new: after, .. }),
            (_, Change::Remove { old: Some(gone), by_ttl: false, .. }),
            (_, Change::Remove { by_ttl: true, .. }),
            (_, Change::Remove { by_ttl: true, created_at: Some(when), .. }),
        ] => {
            assert_eq!((first, before, after, gone), (&old, &old, &new, &new));
            assert_eq!(keys.json(), r#"{"id":{"N":"7"}}"#);
            assert_eq!(*created_at, Some(at(1_767_225_600_000)));
            assert_eq!(*when, at(9000));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn view_omits_images() {
    async fn keys(change: Change<Keys<HashMap<String, u32>>>) -> Result<(), Error> {
        match change {
            Change::Insert { new: Keys(keys), .. } if keys["id"] == 7 => Ok(()),
            other => Err(Error::msg(format!("{other:?}"))),
        }
    }
    let images = |view| {
        let built = events::dynamodb().view(view).modify(&tea(1.0), &tea(2.0)).build();
        let record = &built["Records"][0]["dynamodb"];
        let has = ["NewImage", "OldImage"].map(|image| record.get(image).is_some());
        (record["StreamViewType"].as_str().unwrap().to_owned(), has, record["SizeBytes"].as_u64().unwrap())
    };
    assert_eq!(images(StreamView::KeysOnly), ("KEYS_ONLY".to_owned(), [false, false], 4));
    assert_eq!(images(StreamView::NewImage), ("NEW_IMAGE".to_owned(), [true, false], 22));
    assert_eq!(images(StreamView::OldImage), ("OLD_IMAGE".to_owned(), [false, true], 22));
    assert_eq!(images(StreamView::NewAndOldImages), ("NEW_AND_OLD_IMAGES".to_owned(), [true, true], 40));
    let event = events::dynamodb().insert(&tea(1.0)).view(StreamView::KeysOnly);
    assert_eq!(lrt::dynamodb(keys).harness().invoke(event).await.batch_failures(), [""; 0]);
}

#[test]
fn key_can_be_set() {
    let item = json!({"pk": "a", "sk": 1, "id": 2});
    let keys = |event: events::DynamoDbEvent| event.build()["Records"][0]["dynamodb"]["Keys"].clone();
    assert_eq!(keys(events::dynamodb().insert(&item)), json!({"id": {"N": "2"}}));
    let both = json!({"pk": {"S": "a"}, "sk": {"N": "1"}});
    assert_eq!(keys(events::dynamodb().key("pk").insert(&item).key("sk")), both);
    let other = events::insert(&item).keys(&json!({"other": "b"}));
    assert_eq!(keys(events::dynamodb().record(other)), json!({"other": {"S": "b"}}));
}

#[test]
fn invalid_events_are_reported() {
    let wrong = |event: Result<_, lrt::testing::EventError>| event.unwrap_err().to_string();
    let item = json!({"pk": "a"});
    assert_eq!(
        wrong(events::dynamodb().insert(&json!({"id": 1})).insert(&item).into_event()),
        "Records[1]: the item has no attribute `id`, which is a key of the table; set the table's keys with `.key(\"…\")`"
    );
    let error = wrong(events::dynamodb().insert(&f64::NAN).into_event());
    assert_eq!(error, "cannot serialize the item for DynamoDB: DynamoDB does not support the number NaN");
    let pairs = HashMap::from([((1, 2), 3)]);
    let error = wrong(events::sqs().json(&pairs).into_event());
    assert!(error.starts_with("cannot serialize the message body as JSON: "), "{error}");
    let error = wrong(events::dynamodb().window(&pairs).into_event());
    assert!(error.starts_with("cannot serialize the window's state as JSON: "), "{error}");
}

#[tokio::test]
async fn window_state_is_sent_and_returned() {
    async fn count(_: Change<Product>) -> Result<(), lrt::Error> {
        Ok(())
    }
    let event = events::dynamodb().insert(&tea(1.0)).window(&json!({"n": 1}));
    let built = event.clone().build();
    assert_eq!(built["window"], json!({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:05:00Z"}));
    assert_eq!(built["eventSourceARN"], built["Records"][0]["eventSourceARN"]);
    assert_eq!((&built["isFinalInvokeForWindow"], &built["isWindowTerminatedEarly"]), (&json!(false), &json!(false)));
    let outcome = lrt::dynamodb(count).harness().invoke(event).await;
    assert_eq!(outcome.reply::<Value>(), json!({"state": {"n": 1}, "batchItemFailures": []}));

    let last = events::dynamodb()
        .final_invoke_for_window(true)
        .window_terminated_early(true)
        .window_times("a", "b")
        .shard_id("c")
        .build();
    let expected = json!({
        "Records": [],
        "window": {"start": "a", "end": "b"},
        "state": {},
        "shardId": "c",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/table/stream/2026-01-01T00:00:00.000",
        "isFinalInvokeForWindow": true,
        "isWindowTerminatedEarly": true,
    });
    assert_eq!(last, expected);
    assert_eq!(events::dynamodb().build(), json!({"Records": []}));
}

#[tokio::test]
async fn outcome_keeps_record_identifiers() {
    async fn no(Text(why): Text) -> Result<(), String> {
        Err(why)
    }
    fn of(handler: impl Handler) -> Harness<impl Handler> {
        Harness::of(handler).context(TestContext::new().request_id("1"))
    }
    let harness = of(lrt::sqs(no).on_all_failed(OnAllFailed::Report).define());
    let event = events::sqs().message(events::message().text("not 1").id("1"));
    let outcome = harness.invoke(event).await.with_logs();
    assert_eq!(outcome.batch_failures(), ["1"]);
    let stable = serde_json::to_value(&outcome).unwrap();
    assert_eq!(stable["reply"], json!({"batchItemFailures": [{"itemIdentifier": "1"}]}));
    assert!(stable["logs"][0].as_str().unwrap().contains("not [request-id]"), "{stable}");
}

#[tokio::test]
#[should_panic(expected = "the function failed: BatchFailed: 0 of 1 records succeeded")]
async fn batch_without_a_success_is_an_error_without_a_list() {
    async fn no() -> Result<(), Error> {
        Err(Error::msg("no"))
    }
    lrt::sqs(no).harness().invoke(events::sqs().json(&1)).await.batch_failures();
}

/// The documented event: <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>
#[test]
fn kinesis_record_matches_the_documented_event() {
    let event = events::kinesis()
        .record(
            events::kinesis_record()
                .text("Hello, this is a test.")
                .partition_key("1")
                .sequence_number("49590338271490256608559692538361571095921575989136588898")
                .arrived_at(at(1_545_084_650_987)),
        )
        .stream("lambda-stream")
        .shard_id("shardId-000000000006")
        .region("us-east-2");
    let built = event.clone().build();
    let record = json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
            "approximateArrivalTimestamp": 1_545_084_650.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
        "awsRegion": "us-east-2",
        "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
    });
    assert_eq!(built, json!({"Records": [record]}));
    let order = in_order(&text(event.clone()), &record["kinesis"]);
    assert_eq!(order[..4], ["kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data"]);

    let windowed = event.window(&json!({"sum": 7})).window_times("a", "b").final_invoke_for_window(true).build();
    assert_eq!((&windowed["state"], &windowed["window"]), (&json!({"sum": 7}), &json!({"start": "a", "end": "b"})));
    assert_eq!(
        (&windowed["shardId"], &windowed["isFinalInvokeForWindow"]),
        (&"shardId-000000000006".into(), &true.into())
    );
}

#[test]
fn kinesis_records_have_distinct_ids_and_can_be_customized() {
    let record = || events::kinesis_record().bytes(b"\xff");
    let built = events::kinesis()
        .text("a")
        .partition_key("b")
        .bytes(b"\xff")
        .record(record().partition_key("c").encryption_type("KMS").event_id("e").invoke_identity_arn("i"))
        .raw(json!(7))
        .arn("arn:aws-cn:kinesis:cn-north-1:1:stream/s")
        .build();
    let [first, second, third, raw] = [0, 1, 2, 3].map(|n| &built["Records"][n]);
    let keys = [first, second, third].map(|record| record["kinesis"]["partitionKey"].as_str().unwrap());
    assert_eq!((keys, raw), (["key-1", "b", "c"], &json!(7)));
    assert_ne!(first["kinesis"]["sequenceNumber"], second["kinesis"]["sequenceNumber"]);
    assert_eq!((&second["kinesis"]["data"], &third["kinesis"]["encryptionType"]), (&json!("/w=="), &json!("KMS")));
    assert_eq!((&third["eventID"], &third["invokeIdentityArn"]), (&json!("e"), &json!("i")));
    assert_eq!(
        (&first["awsRegion"], &first["invokeIdentityArn"]),
        (&json!("cn-north-1"), &json!("arn:aws:iam::1:role/lambda-role"))
    );
}

/// The documented event: <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event>
#[test]
fn kafka_record_matches_the_documented_event() {
    let built = events::kafka()
        .topic("mytopic")
        .record(
            events::kafka_record()
                .text("Hello, this is a test.")
                .key("recordKey")
                .offset(15)
                .timestamp(at(1_545_084_650_987))
                .header("headerKey", "headerValue"),
        )
        .cluster("vpc-2priv-2pub")
        .region("us-east-2")
        .bootstrap_servers("b-2.demo:9092")
        .build();
    let record = json!({
        "topic": "mytopic",
        "partition": 0,
        "offset": 15,
        "timestamp": 1_545_084_650_987_u64,
        "timestampType": "CREATE_TIME",
        "key": "cmVjb3JkS2V5",
        "value": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
        "headers": [{"headerKey": [104, 101, 97, 100, 101, 114, 86, 97, 108, 117, 101]}],
    });
    let event = json!({
        "eventSource": "aws:kafka",
        "eventSourceArn":
            "arn:aws:kafka:us-east-2:123456789012:cluster/vpc-2priv-2pub/e9f754c6-d29a-4430-a7db-958a19fd2c54-4",
        "bootstrapServers": "b-2.demo:9092",
        "records": {"mytopic-0": [record]},
    });
    assert_eq!(built, event);
}

#[test]
fn kafka_records_are_grouped_by_partition() {
    let built = events::kafka_self_managed()
        .text("a")
        .partition(1)
        .bytes(b"\xff")
        .topic("other")
        .tombstone("k")
        .topic("topic")
        .record(events::kafka_record().timestamp_type("LOG_APPEND_TIME"))
        .raw(json!(7))
        .build();
    assert_eq!(built.get("eventSourceArn"), None);
    let records = &built["records"];
    assert_eq!(records.as_object().unwrap().len(), 3);
    assert_eq!((&records["topic-0"][0]["offset"], &records["topic-1"][0]["offset"]), (&json!(100), &json!(100)));
    assert_eq!((&records["topic-1"][1]["offset"], &records["topic-1"][2]), (&json!(101), &json!(7)));
    assert_eq!(records["topic-1"][1]["timestampType"], "LOG_APPEND_TIME");
    assert_eq!((&records["other-1"][0]["key"], &records["other-1"][0]["value"]), (&json!("aw=="), &json!(null)));
}

#[test]
fn any_member_of_a_record_can_be_set() {
    let sns = events::sns().text("hi").set("/SignatureVersion", "2");
    assert_eq!(sns.clone().build()["Records"][0]["Sns"]["SignatureVersion"], "2");
    let queued = events::sqs().json(&sns).build();
    assert!(queued["Records"][0]["body"].as_str().unwrap().contains(r#""SignatureVersion":"2""#));

    let event =
        events::eventbridge().detail(&json!({"n": 1})).set("/detail/m", 2).set("/trace-header", "Root=1").build();
    assert_eq!((&event["detail"], &event["trace-header"]), (&json!({"n": 1, "m": 2}), &json!("Root=1")));

    let object = events::object("a.jpg").set("/s3/configurationId", "thumbnails").set("/glacierEventData/a~1b", 1);
    let event = events::s3().object(object).created("b.jpg").build();
    assert_eq!(event["Records"][0]["s3"]["configurationId"], "thumbnails");
    assert_eq!(event["Records"][0]["s3"]["object"]["key"], "a.jpg");
    assert_eq!(event["Records"][0]["glacierEventData"], json!({"a/b": 1}));
    assert_eq!(event["Records"][1]["s3"]["configurationId"], "configuration-1");

    let wrong =
        events::s3().object(events::object("a.jpg").set("/eventName/x", 1)).into_event().unwrap_err().to_string();
    assert!(
        wrong.ends_with("cannot set /eventName/x: expected an object on its path, found \"ObjectCreated:Put\""),
        "{wrong}"
    );
}

/// The documented report:
/// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>
#[test]
fn failed_kinesis_batch_matches_the_documented_report() {
    let (first, last) = ("49601189658422359378836298521", "49601189658422359378836298522");
    let record = |number: &str, ms| events::kinesis_record().text("x").sequence_number(number).arrived_at(at(ms));
    let batch = events::kinesis()
        .shard_id("shardId-000000000001")
        .stream("mystream")
        .region("us-east-2")
        .record(record(first, 1_573_691_884_835))
        .record(record(last, 1_573_691_885_580));
    let report = events::failed_batch(batch.clone())
        .request_id("c9b8fa9f")
        .function("myfunction")
        .timestamp("2019-11-14T00:38:06.021Z");
    let documented = json!({
        "requestContext": {
            "requestId": "c9b8fa9f",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:myfunction",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 1
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2019-11-14T00:38:06.021Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000001",
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "approximateArrivalOfFirstRecord": "2019-11-14T00:38:04.835Z",
            "approximateArrivalOfLastRecord": "2019-11-14T00:38:05.580Z",
            "batchSize": 2,
            "streamArn": "arn:aws:kinesis:us-east-2:123456789012:stream/mystream"
        }
    });
    assert_eq!(report.clone().build(), documented);
    let text = text(report.clone());
    assert_eq!(
        in_order(&text, &documented),
        ["requestContext", "responseContext", "version", "timestamp", "KinesisBatchInfo"]
    );
    // A bucket of S3 gets the event as well.
    assert_eq!(report.with_payload().build()["payload"], self::text(batch));
}

/// The documented report:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>
#[tokio::test]
async fn function_decodes_built_reports_of_failed_batches() {
    async fn alert(failed: FailedBatch) -> Result<(), Error> {
        let FailedBatch { request_context, response_context, batch, payload, .. } = failed;
        assert_eq!((&*request_context.condition, request_context.approximate_invoke_count), ("EventAgeExceeded", 4));
        assert_eq!(response_context.unwrap().function_error.as_deref(), Some("Unhandled"));
        assert_eq!((&*batch.shard_id, batch.batch_size, payload), ("shardId-00000001573689847184-864758bb", 2, None));
        assert_eq!(&*batch.start_sequence_number, "100000000000000000001");
        assert_eq!(&*batch.end_sequence_number, "100000000000000000002");
        assert_eq!(&*batch.approximate_arrival_of_first_record, "2026-01-01T00:00:00.000Z");
        assert!(batch.stream_arn.starts_with("arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/"));
        Ok(())
    }
    let report = events::failed_batch(events::dynamodb().table("items").insert(&tea(1.0)).remove(&tea(1.0)))
        .condition("EventAgeExceeded")
        .attempts(4)
        .shard_id("shardId-00000001573689847184-864758bb");
    assert!(report.clone().build().get("KinesisBatchInfo").is_none());
    let outcome = lrt::sqs(alert).harness().invoke(events::sqs().json(&report)).await;
    assert!(outcome.batch_failures().is_empty() && outcome.error().is_none(), "{outcome:?}");
}

/// The documented record:
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
#[test]
fn async_invocation_matches_the_documented_record() {
    let record = events::async_invocation(json!({"ORDER_IDS": ["9e07af03", "637de236"]}))
        .error("Runtime.ExitError", "Process exited before completing request")
        .request_id("e4b46cbf")
        .function("my-function")
        .timestamp("2019-11-14T18:16:05.568Z");
    let documented = json!({
        "version": "1.0",
        "timestamp": "2019-11-14T18:16:05.568Z",
        "requestContext": {
            "requestId": "e4b46cbf",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3
        },
        "requestPayload": {"ORDER_IDS": ["9e07af03", "637de236"]},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {
            "errorType": "Runtime.ExitError",
            "errorMessage": "Process exited before completing request"
        }
    });
    assert_eq!(record.build(), documented);
}

#[tokio::test]
async fn function_decodes_built_records_of_async_invocations() {
    async fn audit(invocation: AsyncInvocation<u64>) -> Result<Value, Error> {
        assert!(!invocation.is_failed());
        assert_eq!(invocation.request_context.approximate_invoke_count, 1);
        assert_eq!((invocation.request_payload, invocation.response_context.unwrap().function_error), (7, None));
        Ok(invocation.response_payload)
    }
    async fn of_a_bus(event: EventBridge<AsyncInvocation<u64>>) -> Result<Value, Error> {
        audit(event.detail).await
    }
    let record = events::async_invocation(events::json(&7));
    assert_eq!(lrt::json(audit).harness().invoke(record.clone()).await.reply::<Value>(), Value::Null);
    let record = record.reply(&["tea"]);
    let event = events::eventbridge().detail(&record);
    assert_eq!(lrt::json(of_a_bus).harness().invoke(event).await.reply::<Value>(), json!(["tea"]));
}

#[test]
fn records_of_destinations_need_an_event_that_fits() {
    let error = |event: Value| events::failed_batch(event).into_event().unwrap_err().to_string();
    for event in [events::sqs().text("x").build(), events::kinesis().build(), json!({})] {
        let error = error(event);
        assert!(error.starts_with("cannot report a failed batch: "), "{error}");
        assert!(error.ends_with(" (expected an event of a Kinesis or DynamoDB stream)"), "{error}");
    }
    let error = events::async_invocation("not JSON").into_event().unwrap_err().to_string();
    assert!(error.starts_with("cannot report the invocation: the event is not JSON: "), "{error}");
}
