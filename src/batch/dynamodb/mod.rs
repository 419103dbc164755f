//! DynamoDB streams: each record is the change of one item.
//!
//! See [Using Lambda with Amazon DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).

pub(crate) mod attribute;
mod change;
mod item;

pub(crate) use change::change;
pub use change::{Change, Image, Keys, RawKeys, ViaChange, ViaImage, ViaKeys};
pub use item::{from_item, to_item};

use super::args::FromRecord;
use super::event::{BatchEvent, EventSchema, KeyContent, RawRecord, SchemaField, SourceSchema};
use super::handle::{BatchPolicy, SourcePolicy};
use super::kind::{Records, ReportsFailures, Source, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, decode_read, has_error};
use crate::builder::Builder;
use crate::function::parameters::AsyncFn;
use lrt_core::__private::json::fields;
use std::borrow::Cow;

/// The source of a function that handles the changes of a DynamoDB table.
#[derive(Debug)]
pub struct DynamoDb(());

impl Source for DynamoDb {
    const NAME: &'static str = "dynamodb";
}

impl ReportsFailures for DynamoDb {}

/// Starts the builder of a function that handles the records of a DynamoDB stream, one at a time or as a
/// [`Batch`](crate::batch::Batch).
///
/// The response is the checkpoint from which the shard is read again, for which the event source mapping needs
/// `ReportBatchItemFailures`
/// ([partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html)).
///
/// The function takes a [`Change`] with typed images, any type that the entire record decodes into, or a
/// `Result<_, DecodeError>` of either; also a [`Context`](crate::Context), and `&T`s of the value that
/// [`init`](Builder::init) returns.
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
            SchemaField::At("eventID", |spans| &mut spans.event_id),
            SchemaField::At("eventName", |spans| &mut spans.attributes),
            SchemaField::At("eventSource", |spans| &mut spans.source),
            SchemaField::At("EventSource", |spans| &mut spans.source),
            SchemaField::At("userIdentity", |spans| &mut spans.identity),
            SchemaField::At("eventSourceARN", |spans| &mut spans.arn),
            SchemaField::Within("dynamodb", STREAM_RECORD),
        ],
        payload_is_record: true,
        key_content: |record| new_image(record).map(|item| KeyContent::Item(Cow::Borrowed(item))),
        ..EventSchema::LIST
    };
}

/// Returns the new image of a changed item, from which its idempotency key is computed.
pub(crate) fn new_image(record: &RawRecord) -> Result<&str, DecodeError> {
    match record.event.json(record.spans()?.payload) {
        "" => Err(record.decode_error(
            "the change has no new image (help: for changes without one, such as removals, use `Idempotency::by_record_id`)",
        )),
        item => Ok(item),
    }
}

/// See [StreamRecord](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
const STREAM_RECORD: &[SchemaField] = &[
    SchemaField::At("ApproximateCreationDateTime", |spans| &mut spans.time),
    SchemaField::At("Keys", |spans| &mut spans.key),
    SchemaField::At("NewImage", |spans| &mut spans.payload),
    SchemaField::At("OldImage", |spans| &mut spans.old_image),
    SchemaField::At("SequenceNumber", |spans| &mut spans.id),
    SchemaField::At("StreamViewType", |spans| &mut spans.view),
];

impl SourcePolicy for DynamoDb {
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy {
        BatchPolicy::for_stream(event, concurrency, on_failure, item_keys)
    }
}

/// Returns the key of each record's item. Records without one form a group.
fn item_keys(event: &BatchEvent) -> Vec<Box<str>> {
    let keys = event.entries.iter().map(|entry| {
        let keys = entry.spans.as_ref().map_or("", |spans| event.json(spans.key));
        // Partition key and sort key may come in either order.
        let mut parts: Vec<String> = fields(keys).map(|(name, value)| format!("{name:?}{value}")).collect();
        parts.sort();
        parts.concat().into()
    });
    keys.collect()
}

/// A parameter that is decoded from the entire record.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<DynamoDb, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        let decode =
            |_| P::decode_text(record.json()).map_err(|error| error.with_help("to decode the item, take `Change<T>`"));
        decode_read(record.spans(), decode, record)
    }

    fn has_decode_error(self) -> bool {
        has_error(self)
    }
}
