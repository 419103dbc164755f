//! DynamoDB streams: each record is the change of one item.
//!
//! See [Using Lambda with Amazon DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).

pub(crate) mod attribute;
mod change;

pub use change::{Change, Changed, Image, Keys, OfImage, OfKeys, RawKeys};

use super::args::FromRecord;
use super::event::{Envelope, Event, Find, RawRecord, Span, WireRecord};
use super::kind::{Records, Rule, Rules, Source, records};
use super::options::OnFailure;
use super::order::{Groups, Stops};
use super::payload::{DecodeError, Payload};
use crate::builder::Builder;
use crate::function::args::AsyncFn;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire<'a> {
    #[serde(borrow)]
    event_name: Option<&'a RawValue>,
    #[serde(borrow, alias = "EventSource")]
    event_source: Option<&'a RawValue>,
    #[serde(borrow)]
    user_identity: Option<&'a RawValue>,
    #[serde(borrow)]
    dynamodb: Option<StreamRecord<'a>>,
}

/// See [StreamRecord](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamRecord<'a> {
    #[serde(borrow)]
    approximate_creation_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    keys: Option<&'a RawValue>,
    #[serde(borrow)]
    new_image: Option<&'a RawValue>,
    #[serde(borrow)]
    old_image: Option<&'a RawValue>,
    #[serde(borrow)]
    sequence_number: Option<&'a RawValue>,
    #[serde(borrow)]
    stream_view_type: Option<&'a RawValue>,
}

impl<'a> WireRecord<'a> for Wire<'a> {
    fn id(&self) -> Option<&'a RawValue> {
        self.dynamodb.as_ref()?.sequence_number
    }

    fn source(&self) -> Option<&'a RawValue> {
        self.event_source
    }

    fn envelope(&self, event: &str) -> Envelope {
        let Some(record) = &self.dynamodb else { return Envelope::default() };
        Envelope {
            payload: Span::of(event, record.new_image),
            old: Span::of(event, record.old_image),
            key: Span::of(event, record.keys),
            attributes: Span::of(event, self.event_name),
            time: Span::of(event, record.approximate_creation_date_time),
            identity: Span::of(event, self.user_identity),
            view: Span::of(event, record.stream_view_type),
            ..Envelope::default()
        }
    }
}

impl Find for DynamoDb {
    const SERVICE: &'static str = "aws:dynamodb";
    const ID: &'static str = "dynamodb.SequenceNumber";
    type Wire<'a> = Wire<'a>;

    fn bytes(record: &RawRecord) -> Result<Cow<'_, [u8]>, DecodeError> {
        Ok(Cow::Borrowed(record.json().as_bytes()))
    }
}

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
        let parts: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(keys).unwrap_or_default();
        parts.iter().map(|(name, value)| format!("{name:?}{}", value.get())).collect::<String>().into()
    });
    keys.collect()
}

/// The whole record is taken.
impl<P: Payload<M>, M> FromRecord<DynamoDb, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        P::decode(&record.payload()?).map(|payload| payload.map_error(&|error| error.of(record)))
    }
}
