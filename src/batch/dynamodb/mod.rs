//! DynamoDB streams: each record is the change of one item.
//!
//! See [Using Lambda with Amazon DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).

pub(crate) mod attribute;
mod change;

pub use change::{Change, Image, Keys, RawKeys, ViaChange, ViaImage, ViaKeys};

use super::args::FromRecord;
use super::event::{BatchEvent, EventSchema, RawRecord, SchemaField, SourceSchema};
use super::json::fields;
use super::kind::{BatchPolicy, Records, Source, SourcePolicy, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, of_record};
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::args::AsyncFn;

/// The source of a function that handles the changes of a DynamoDB table.
#[derive(Debug)]
pub struct DynamoDb(());

impl Source for DynamoDb {
    const NAME: &'static str = "dynamodb";
}

/// Starts the builder of a function that handles the records of a DynamoDB stream, one at a time or a
/// [`Batch`](crate::batch::Batch) at once. The answer is the checkpoint, for which the event source mapping has to have
/// `ReportBatchItemFailures`.
///
/// It takes a [`Change`] with typed images, or anything that the whole record can be decoded into, a
/// `Result<_, DecodeError>` of either, [`Context`](crate::Context), and `&T`s of what [`init`](Builder::init) returns.
///
/// ```no_run
/// use lrt::dynamodb::Change;
/// # #[derive(serde::Deserialize)] struct Product;
/// # async fn put(_: Product) {} async fn delete(_: Product) {}
///
/// async fn index(change: Change<Product>) -> Result<(), lrt::Error> {
///     match change {
///         Change::Insert { new, .. } | Change::Modify { new, .. } => put(new).await,
///         Change::Remove { old, .. } => delete(old.ok_or_else(|| lrt::Error::msg("no old image"))?).await,
///     }
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::dynamodb(index).run()
/// }
/// ```
pub fn dynamodb<F: AsyncFn<A>, A>(function: F) -> Builder<Records<DynamoDb>, F, A> {
    records(function)
}

impl SourceSchema for DynamoDb {
    const SCHEMA: &'static EventSchema = &EventSchema {
        service: "aws:dynamodb",
        id: "dynamodb.SequenceNumber",
        fields: &[
            SchemaField::At("eventName", |spans| &mut spans.attributes),
            SchemaField::At("eventSource", |spans| &mut spans.source),
            SchemaField::At("EventSource", |spans| &mut spans.source),
            SchemaField::At("userIdentity", |spans| &mut spans.identity),
            SchemaField::Within("dynamodb", STREAM_RECORD),
        ],
        ..EventSchema::LIST
    };
}

/// See [StreamRecord](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
const STREAM_RECORD: &[SchemaField] = &[
    SchemaField::At("ApproximateCreationDateTime", |spans| &mut spans.time),
    SchemaField::At("Keys", |spans| &mut spans.key),
    SchemaField::At("NewImage", |spans| &mut spans.payload),
    SchemaField::At("OldImage", |spans| &mut spans.old),
    SchemaField::At("SequenceNumber", |spans| &mut spans.id),
    SchemaField::At("StreamViewType", |spans| &mut spans.view),
];

impl SourcePolicy for DynamoDb {
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy {
        let concurrency = concurrency.unwrap_or(1);
        BatchPolicy {
            groups: if concurrency == 1 { Groups::Batch } else { Groups::Keys(item_keys(event)) },
            concurrency,
            failure_scope: match on_failure {
                Some(OnFailure::Continue) => FailureScope::Record,
                Some(OnFailure::Stop) | None => FailureScope::Tail,
            },
            checkpoint: true,
            failure_consequence: "the shard waits for it",
        }
    }
}

/// The item of each record. A record that does not say keeps its order among its like.
fn item_keys(event: &BatchEvent) -> Vec<Box<str>> {
    let keys = event.entries.iter().map(|entry| {
        let keys = entry.spans.as_ref().map_or("", |spans| event.json(spans.key));
        // The two parts of a key may come in either order.
        let mut parts: Vec<String> = Vec::new();
        for (name, value) in fields(keys) {
            let part = format!("{name:?}{value}");
            parts.insert(parts.iter().filter(|other| **other < part).count(), part);
        }
        parts.concat().into()
    });
    keys.collect()
}

/// The whole record is taken.
impl<P: Payload<M>, M> FromRecord<DynamoDb, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        of_record(P::decode(&record.payload()?), record)
    }
}
