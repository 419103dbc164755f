//! Sample events of AWS and its SDKs, where they are at hand: `LRT_SHARED` or `../shared` has a folder `fixtures`.

use crate::batches::support::failed;
use lrt::batch::{DecodeError, OnFailure};
use lrt::dynamodb::{Change, Keys};
use lrt::kinesis::Record;
use lrt::payload::{Raw, Text};
use lrt::sqs::Message;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The events of these kinds, by path, whose file names hold `part`.
fn events(kinds: &[&str], part: &str) -> Vec<PathBuf> {
    let shared = std::env::var_os("LRT_SHARED").map_or_else(|| Path::new("../shared").to_owned(), PathBuf::from);
    let Ok(folders) = std::fs::read_dir(shared.join("fixtures")) else {
        println!("skipped: there are no sample events in {}/fixtures", shared.display());
        return Vec::new();
    };
    let folders = folders.map(|folder| folder.unwrap().path()).filter(|folder| folder.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let is_of_kind = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy();
        kinds.contains(&name.split('.').next().unwrap()) && name.ends_with(".json") && name.contains(part)
    };
    let files: Vec<_> = files.filter(is_of_kind).collect();
    assert!(!files.is_empty(), "no events of {kinds:?}");
    files
}

macro_rules! all_decode {
    ($start:path, $events:expr, $($Payload:ty),* $(,)?) => {
        for event in $events {
            $({
                async fn take(_: $Payload) {}
                let outcome = $start(take).harness().invoke(event).await;
                assert_eq!(failed(&outcome), [""; 0], "{} as {}", event.display(), stringify!($Payload));
            })*
        }
    };
}

#[tokio::test]
async fn all_sample_events_of_queues_decode() {
    type Attempted = Message<Result<Value, DecodeError>>;
    all_decode!(lrt::sqs, &events(&["sqs"], ""), Message<Text>, Message<Raw>, Text, Raw, Attempted);
}

#[tokio::test]
async fn all_sample_events_of_streams_decode() {
    let all = events(&["dynamodb", "dynamodb-window"], "");
    // One of them has nulls in place of items: such an item has no attributes.
    all_decode!(lrt::dynamodb, &all, Value, Change<Value>, Change<Keys<Value>>, Result<Change<Value>, DecodeError>);
}

#[tokio::test]
async fn all_sample_events_of_kinesis_decode() {
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
async fn all_sample_events_of_kafka_decode() {
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
async fn an_item_that_is_null_lacks_what_its_type_needs() {
    #[derive(serde::Deserialize)]
    struct Item {
        #[serde(rename = "val")]
        _val: String,
    }
    async fn images(_: Change<Item>) {}
    async fn keys(_: Change<Keys<Item>>) {}
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
