//! DynamoDB streams: each record is the change of one item.
//!
//! See [Using Lambda with Amazon DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).

pub(crate) mod attribute;
mod change;

pub use change::{Change, Changed, Image, Keys, OfImage, OfKeys, RawKeys};

use super::args::FromRecord;
use super::event::{Event, Field, Find, Form, RawRecord};
use super::json::fields;
use super::kind::{Records, Rule, Rules, Source, records};
use super::options::OnFailure;
use super::order::{Groups, Stops};
use super::payload::{DecodeError, Payload, of_record};
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

impl Find for DynamoDb {
    const FORM: &'static Form = &Form {
        service: "aws:dynamodb",
        id: "dynamodb.SequenceNumber",
        fields: &[
            Field::At("eventName", |envelope| &mut envelope.attributes),
            Field::At("eventSource", |envelope| &mut envelope.source),
            Field::At("EventSource", |envelope| &mut envelope.source),
            Field::At("userIdentity", |envelope| &mut envelope.identity),
            Field::Within("dynamodb", STREAM_RECORD),
        ],
        ..Form::LIST
    };
}

/// See [StreamRecord](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
const STREAM_RECORD: &[Field] = &[
    Field::At("ApproximateCreationDateTime", |envelope| &mut envelope.time),
    Field::At("Keys", |envelope| &mut envelope.key),
    Field::At("NewImage", |envelope| &mut envelope.payload),
    Field::At("OldImage", |envelope| &mut envelope.old),
    Field::At("SequenceNumber", |envelope| &mut envelope.id),
    Field::At("StreamViewType", |envelope| &mut envelope.view),
];

impl Rule for DynamoDb {
    fn rules(event: &Event, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> Rules {
        let concurrency = concurrency.unwrap_or(1);
        Rules {
            groups: if concurrency == 1 { Groups::Batch } else { Groups::Keys(item_keys(event)) },
            concurrency,
            stops: match on_failure {
                Some(OnFailure::Continue) => Stops::Nothing,
                Some(OnFailure::Stop) | None => Stops::Later,
            },
            checkpoint: true,
            fate: "the shard waits for it",
        }
    }
}

/// The item of each record. A record that does not say keeps its order among its like.
fn item_keys(event: &Event) -> Vec<Box<str>> {
    let keys = event.entries.iter().map(|entry| {
        let keys = entry.envelope.as_ref().map_or("", |envelope| event.json(envelope.key));
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
