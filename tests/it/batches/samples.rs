//! Sample events of batches, from AWS and its SDKs.

use crate::batches::support::failed;
use crate::samples::{kind, samples};
use lrt::batch::{DecodeError, OnFailure};
use lrt::dynamodb::{Change, Keys};
use lrt::kinesis::Record;
use lrt::payload::{Raw, Text};
use lrt::sqs::Message;
use serde_json::Value;
use std::path::PathBuf;

/// Returns the events of some kinds whose file names contain `part`.
fn events(kinds: &[&str], part: &str) -> Vec<PathBuf> {
    let is_of_kind = |file: &PathBuf| kinds.contains(&kind(file)) && file.to_string_lossy().contains(part);
    let files: Vec<_> = samples().into_iter().filter(is_of_kind).collect();
    assert!(!files.is_empty(), "no events of {kinds:?}");
    files
}

macro_rules! all_decode {
    ($start:path, $events:expr, $($Payload:ty),* $(,)?) => {
        for event in $events {
            $({
                async fn take(_: $Payload) -> Result<(), lrt::Error> {
                    Ok(())
                }
                let outcome = $start(take).harness().invoke(event).await;
                assert_eq!(failed(&outcome), [""; 0], "{} as {}", event.display(), stringify!($Payload));
            })*
        }
    };
}

#[tokio::test]
async fn sqs_sample_events_decode() {
    type Attempted = Message<Result<Value, DecodeError>>;
    all_decode!(lrt::sqs, &events(&["sqs"], ""), Message<Text>, Message<Raw>, Text, Raw, Attempted);
}

#[tokio::test]
async fn dynamodb_sample_events_decode() {
    let all = events(&["dynamodb", "dynamodb-window"], "");
    // An event contains nulls instead of items. They are items without attributes.
    all_decode!(lrt::dynamodb, &all, Value, Change<Value>, Change<Keys<Value>>, Result<Change<Value>, DecodeError>);
}

#[tokio::test]
async fn kinesis_sample_events_decode() {
    type Attempted = Result<Record<Value>, DecodeError>;
    all_decode!(
        lrt::kinesis,
        &events(&["kinesis", "kinesis-window"], ""),
        Record<Text>,
        Record<Raw>,
        Text,
        Raw,
        Attempted
    );
}

#[tokio::test]
async fn kafka_sample_events_decode() {
    type Attempted = Result<lrt::kafka::Record<Value>, DecodeError>;
    all_decode!(
        lrt::kafka,
        &events(&["kafka"], ""),
        lrt::kafka::Record<Text>,
        lrt::kafka::Record<Option<Raw>>,
        Text,
        Attempted
    );
}

#[tokio::test]
async fn null_item_is_an_item_without_attributes() {
    #[derive(serde::Deserialize)]
    struct Item {
        #[serde(rename = "val")]
        _val: String,
    }
    async fn images(_: Change<Item>) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn keys(_: Change<Keys<Item>>) -> Result<(), lrt::Error> {
        Ok(())
    }
    for event in events(&["dynamodb"], "null-items") {
        let images = lrt::dynamodb(images).on_failure(OnFailure::Continue).harness().invoke(&event).await;
        let keys = lrt::dynamodb(keys).on_failure(OnFailure::Continue).harness().invoke(&event).await;
        for (outcome, item) in [(images, "NewImage"), (keys, "Keys")] {
            assert_eq!(failed(&outcome), ["1405400000000002063282832"]);
            let says = format!("{item} is null: missing field `val`");
            assert!(outcome.logs()[0].contains(&says), "{:?}", outcome.logs());
            assert!(outcome.logs()[1].contains("1 of 2 records succeeded"), "{:?}", outcome.logs());
        }
    }
}
