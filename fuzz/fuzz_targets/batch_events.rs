//! Events of SQS, Kinesis, Kafka and DynamoDB streams.
//!
//! Oracles: serde_json and the crate base64, for the records and their payloads. Each record succeeds or is reported.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt::batch::DecodeError;
use lrt::payload::Raw;
use lrt::{Context, DeadlineMargin, EventHeaders, Handler, Invocation};
use lrt_fuzz::{block_on, has_repeated_names};
use serde_json::Value;
use serde_json::value::RawValue;
use std::cell::RefCell;

thread_local! {
    /// The payloads that the function has received. `None` is one that does not decode.
    static SEEN: RefCell<Vec<Option<Vec<u8>>>> = const { RefCell::new(Vec::new()) };
}

/// Fails for payloads of an uneven length, and for those that do not decode.
async fn handle(payload: Result<Raw, DecodeError>) -> Result<(), lrt::Error> {
    let payload = payload.ok().map(|Raw(bytes)| bytes.to_vec());
    let fails = fails(payload.as_deref());
    SEEN.with_borrow_mut(|seen| seen.push(payload));
    if fails { Err(lrt::Error::msg("the payload has an uneven length")) } else { Ok(()) }
}

fn fails(payload: Option<&[u8]>) -> bool {
    payload.is_none_or(|payload| payload.len() % 2 == 1)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check("sqs", bytes, &lrt::sqs(handle).define());
    check("kinesis", bytes, &lrt::kinesis(handle).define());
    check("kafka", bytes, &lrt::kafka(handle).define());
    check("dynamodb", bytes, &lrt::dynamodb(handle).define());
});

fn check(source: &str, bytes: &[u8], function: &impl Handler) {
    SEEN.take();
    let reply = block_on(async {
        let (mut service, _) = lrt_core::init(function).await.expect("a function without init starts");
        let context = Context::new(&EventHeaders::default(), Default::default(), false);
        let invocation = Invocation::new(bytes.to_vec(), context);
        let (reply, lines) =
            lrt_core::capture_log(lrt_core::invoke(&mut service, invocation, DeadlineMargin::Default, &mut |_| {}))
                .await;
        assert!(lines.iter().all(|line| !line.contains(['\n', '\r'])), "{lines:?}");
        reply
    });
    let mut seen = SEEN.take();
    let has_succeeded = seen.iter().any(|payload| !fails(payload.as_deref()));
    let expected = records(source, bytes).map(|records| expected(source, bytes, &records));
    let reply = match reply {
        Ok(reply) => serde_json::from_slice::<Value>(reply.body()).expect("the reply is JSON"),
        Err(error) => {
            // If no record succeeds, the entire batch fails.
            let expects_success =
                expected.is_some_and(|(seen, _)| seen.iter().any(|payload| !fails(payload.as_deref())));
            assert!(!has_succeeded && !expects_success, "{source}: {}", error.text());
            return;
        }
    };
    let event = str::from_utf8(bytes).expect("an event is UTF-8");
    serde_json::from_str::<serde::de::IgnoredAny>(event).expect("an event is JSON");
    let Value::Array(mut reported) = reply["batchItemFailures"].clone() else { panic!("{reply}") };
    reported.iter_mut().for_each(|failure| *failure = failure["itemIdentifier"].take());
    let Some((mut expected_seen, mut expected_reported)) = expected else { return };
    // Partitions may be handled and reported in any order.
    reported.sort_by_key(Value::to_string);
    expected_reported.sort_by_key(Value::to_string);
    seen.sort();
    expected_seen.sort();
    assert_eq!((reported, seen), (expected_reported, expected_seen), "{source}");
}

/// Returns the payloads that the function receives, and the identifiers of the records that are reported.
fn expected(source: &str, bytes: &[u8], records: &[Record]) -> (Vec<Option<Vec<u8>>>, Vec<Value>) {
    // After a failure, no record of the same group is started.
    let mut stopped = Vec::new();
    let (mut seen, mut reported) = (Vec::new(), Vec::new());
    for record in records {
        if stopped.contains(&&record.group) {
            reported.push(record.id.clone());
            continue;
        }
        seen.push(record.payload.clone());
        if fails(record.payload.as_deref()) {
            reported.push(record.id.clone());
            // Each message of a standard queue is independent.
            if source != "sqs" {
                stopped.push(&record.group);
            }
        }
    }
    // The first failure of a stream is a checkpoint, except for EventBridge Pipes.
    if matches!(source, "kinesis" | "dynamodb") && !bytes.trim_ascii_start().starts_with(b"[") {
        reported.truncate(1);
    }
    (seen, reported)
}

struct Record {
    /// The identifier, as the response reports it.
    id: Value,
    payload: Option<Vec<u8>>,
    /// Records of a group are in order.
    group: String,
}

#[derive(serde::Deserialize)]
struct RecordTexts<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

/// Returns the records of a well-formed event. `None` for events that AWS does not send, which may fail as a whole.
fn records(source: &str, bytes: &[u8]) -> Option<Vec<Record>> {
    let text = str::from_utf8(bytes).ok()?;
    // FIFO queues are left out: their groups are in order.
    if has_repeated_names(text) || source == "sqs" && text.contains(".fifo") {
        return None;
    }
    let event: Value = serde_json::from_str(text).ok()?;
    let names: &[&str] = match source {
        "sqs" => &["aws:sqs"],
        "kinesis" => &["aws:kinesis"],
        "dynamodb" => &["aws:dynamodb"],
        _ => &["aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"],
    };
    let has_source = |value: &Value| {
        let source = value.get("eventSource");
        value.get("EventSource").is_none()
            && source.is_none_or(|source| source.as_str().is_some_and(|source| names.contains(&source)))
    };
    if !has_source(&event) {
        return None;
    }
    let texts = match &event {
        Value::Array(_) => serde_json::from_str::<Vec<&RawValue>>(text).ok()?,
        _ if source == "dynamodb" => serde_json::from_str::<RecordTexts<'_>>(text).ok()?.records,
        _ => Vec::new(),
    };
    let (groups, is_pipe) = match (&event, source) {
        (Value::Array(records), _) => (vec![(None, records)], true),
        (_, "kafka") => {
            let partitions = event.get("records")?.as_object()?;
            let partitions = partitions.iter().map(|(name, records)| Some((Some(name.clone()), records.as_array()?)));
            (partitions.collect::<Option<Vec<_>>>()?, false)
        }
        _ => (vec![(None, event.get("Records")?.as_array()?)], false),
    };
    let mut found = Vec::new();
    for (partition, records) in groups {
        for record in records {
            if !record.is_object() || !has_source(record) {
                return None;
            }
            let event_id = match record.get("eventID") {
                None => None,
                Some(id) => Some(id.as_str().filter(|id| !id.is_empty())?),
            };
            let id = |id: &Value| match event_id {
                Some(event_id) if is_pipe => Some(Value::from(event_id)),
                _ => id.as_str().filter(|id| !id.is_empty()).map(Value::from),
            };
            found.push(match source {
                "sqs" => Record {
                    id: record.get("messageId")?.as_str().filter(|id| !id.is_empty())?.into(),
                    payload: text_of(record.get("body")),
                    group: String::new(),
                },
                "kinesis" => {
                    // Only one of the two forms.
                    let nested = record.get("kinesis");
                    let fields = ["partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp"];
                    if nested.is_some_and(|nested| {
                        !nested.is_object() || fields.iter().any(|field| record.get(field).is_some())
                    }) {
                        return None;
                    }
                    let fields = nested.unwrap_or(record);
                    let payload = decoded(fields.get("data"));
                    // Records that the Kinesis Producer Library has aggregated.
                    if payload.as_ref().is_some_and(|payload| payload.starts_with(b"\xf3\x89\x9a\xc2")) {
                        return None;
                    }
                    let sequence_number = fields.get("sequenceNumber")?;
                    sequence_number.as_str().filter(|number| !number.is_empty())?;
                    Record { id: id(sequence_number)?, payload, group: String::new() }
                }
                "dynamodb" => {
                    let number = record.get("dynamodb")?.get("SequenceNumber")?;
                    number.as_str().filter(|number| !number.is_empty())?;
                    // The payload is the text of the record.
                    let payload = texts.get(found.len())?.get().as_bytes().to_vec();
                    Record { id: id(number)?, payload: Some(payload), group: String::new() }
                }
                _ => {
                    let offset = record.get("offset")?.as_u64().and_then(|offset| i64::try_from(offset).ok())?;
                    // A pipe's record has topic and partition instead.
                    let partition = partition.clone()?;
                    Record {
                        id: serde_json::json!({"partition": partition, "offset": offset}),
                        payload: decoded(record.get("value")),
                        group: partition,
                    }
                }
            });
        }
    }
    Some(found)
}

fn text_of(value: Option<&Value>) -> Option<Vec<u8>> {
    value?.as_str().map(|text| text.as_bytes().to_vec())
}

fn decoded(value: Option<&Value>) -> Option<Vec<u8>> {
    STANDARD.decode(value?.as_str()?).ok()
}
