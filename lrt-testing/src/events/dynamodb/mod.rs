//! Events of DynamoDB streams.

mod change;
mod size;

pub use change::{ItemChange, insert, modify, remove};
pub use lrt_core::__private::dynamodb_item::Set;

use super::source::{Source, value, write};
use super::window::{Window, WindowJson};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use change::{ChangeJson, ChangePosition};
use lrt_core::__private::dynamodb_item;
use serde::Serialize;
use serde_json::Value;

/// Starts an event with records of a DynamoDB stream
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)). Items are any type that implements `Serialize`.
///
/// ```
/// use lrt::dynamodb::Change;
/// use lrt::testing::events;
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Product { id: String, price: f64 }
///
/// async fn index(change: Change<Product>) -> Result<(), String> {
///     match change {
///         Change::Modify { old: Some(old), new, .. } if new.price > 2.0 * old.price => Err(format!("{}!", new.id)),
///         _ => Ok(()),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tea = Product { id: "tea".to_owned(), price: 3.5 };
/// let dear = Product { price: 99.0, ..tea.clone() };
/// let event = events::dynamodb().insert(&tea).modify(&tea, &dear).remove(&dear);
/// let outcome = lrt::dynamodb(index).harness().invoke(event).await;
/// // The stream is read again from the first failed record.
/// assert_eq!(outcome.batch_failures(), ["100000000000000000002"]);
/// # }
/// ```
pub fn dynamodb() -> DynamoDbEvent {
    DynamoDbEvent {
        source: Source::of("dynamodb"),
        table: "table".to_owned(),
        keys: Vec::new(),
        view: StreamView::NewAndOldImages,
        records: Vec::new(),
        window: None,
    }
}

/// Serializes an item as DynamoDB JSON, for [raw records](DynamoDbEvent::raw).
///
/// ```
/// use lrt::testing::events::{self, Set};
/// use serde_json::json;
///
/// #[derive(serde::Serialize)]
/// struct Product { id: u32, tags: Set<[&'static str; 2]>, discount: Option<f64> }
///
/// let tea = Product { id: 7, tags: Set(["green", "loose"]), discount: None };
/// let attributes = json!({"id": {"N": "7"}, "tags": {"SS": ["green", "loose"]}, "discount": {"NULL": true}});
/// assert_eq!(events::item(&tea), attributes);
/// ```
///
/// # Panics
///
/// Panics if the value is not a struct or map, or contains a value that DynamoDB has no attribute type for.
#[track_caller]
pub fn item(item: &impl Serialize) -> Value {
    match dynamodb_item::item(item) {
        Ok(attributes) => attributes.into(),
        Err(error) => panic!("{error}"),
    }
}

/// The images that the records of a stream contain in addition to the keys
/// ([StreamViewType](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamView {
    /// No image.
    KeysOnly,
    /// The item after the change.
    NewImage,
    /// The item before the change.
    OldImage,
    /// Both images.
    #[default]
    NewAndOldImages,
}

impl StreamView {
    fn name(self) -> &'static str {
        match self {
            StreamView::KeysOnly => "KEYS_ONLY",
            StreamView::NewImage => "NEW_IMAGE",
            StreamView::OldImage => "OLD_IMAGE",
            StreamView::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }

    fn has_new(self) -> bool {
        matches!(self, StreamView::NewImage | StreamView::NewAndOldImages)
    }

    fn has_old(self) -> bool {
        matches!(self, StreamView::OldImage | StreamView::NewAndOldImages)
    }
}

/// Builder of a DynamoDB event, created by [`dynamodb`].
#[derive(Clone, Debug)]
#[must_use]
pub struct DynamoDbEvent {
    source: Source,
    table: String,
    keys: Vec<String>,
    view: StreamView,
    records: Vec<DynamoDbEntry>,
    window: Option<Window>,
}

#[derive(Clone, Debug)]
enum DynamoDbEntry {
    Change(Box<ItemChange>),
    Raw(Value),
}

impl DynamoDbEvent {
    /// Adds the insertion of an item.
    pub fn insert(self, new: &impl Serialize) -> DynamoDbEvent {
        self.record(insert(new))
    }

    /// Adds the modification of an item.
    pub fn modify(self, old: &impl Serialize, new: &impl Serialize) -> DynamoDbEvent {
        self.record(modify(old, new))
    }

    /// Adds the deletion of an item.
    pub fn remove(self, old: &impl Serialize) -> DynamoDbEvent {
        self.record(remove(old))
    }

    /// Adds the deletion of an item by DynamoDB because its time to live expired.
    pub fn remove_by_ttl(self, old: &impl Serialize) -> DynamoDbEvent {
        self.record(remove(old).by_ttl())
    }

    /// Adds a record built with [`insert`](insert()), [`modify`](modify()) or [`remove`](remove()).
    pub fn record(mut self, change: ItemChange) -> DynamoDbEvent {
        self.records.push(DynamoDbEntry::Change(Box::new(change)));
        self
    }

    /// Adds raw JSON as a record, for records that DynamoDB would never send.
    pub fn raw(mut self, record: Value) -> DynamoDbEvent {
        self.records.push(DynamoDbEntry::Raw(record));
        self
    }

    /// Adds a key attribute of the table. A table has one or two. The default is `id`.
    pub fn key(mut self, attribute: impl Into<String>) -> DynamoDbEvent {
        self.keys.push(attribute.into());
        self
    }

    /// Sets the images that the stream contains. The default is both.
    pub fn view(mut self, view: StreamView) -> DynamoDbEvent {
        self.view = view;
        self
    }

    /// Sets the table's name.
    pub fn table(mut self, name: impl Into<String>) -> DynamoDbEvent {
        self.table = name.into();
        self
    }

    /// Sets the table's region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> DynamoDbEvent {
        self.source.set_region(region.into());
        self
    }

    /// Sets the table's account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> DynamoDbEvent {
        self.source.set_account(account.into());
        self
    }

    /// Sets the stream's ARN, which replaces table, region and account.
    pub fn arn(mut self, arn: impl Into<String>) -> DynamoDbEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// Sets the state of a tumbling window, which turns this into a window event
    /// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html)).
    pub fn window(self, state: &impl Serialize) -> DynamoDbEvent {
        let error = |error| EventError::new(format!("cannot serialize the window's state as JSON: {error}"));
        self.in_window(|window| window.state = serde_json::to_value(state).map_err(error))
    }

    /// Sets start and end of the window, in RFC 3339. The default is the first five minutes of 2026.
    pub fn window_times(self, start: impl Into<String>, end: impl Into<String>) -> DynamoDbEvent {
        self.in_window(|window| window.times = [start.into(), end.into()])
    }

    /// Sets whether this is the window's final event. Lambda sends it without records.
    pub fn final_invoke_for_window(self, is_final: bool) -> DynamoDbEvent {
        self.in_window(|window| window.is_final = is_final)
    }

    /// Sets whether the window was ended early because its state exceeded the size limit.
    pub fn window_terminated_early(self, early: bool) -> DynamoDbEvent {
        self.in_window(|window| window.terminated_early = early)
    }

    /// Sets the shard of the window.
    pub fn shard_id(self, id: impl Into<String>) -> DynamoDbEvent {
        self.in_window(|window| window.shard_id = id.into())
    }

    fn in_window(mut self, change: impl FnOnce(&mut Window)) -> DynamoDbEvent {
        change(self.window.get_or_insert_default());
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if an item cannot be serialized, or has no key.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }
}

impl IntoEvent for DynamoDbEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let arn = self.source.arn(&format!("table/{}/stream/2026-01-01T00:00:00.000", self.table));
        let mut records = Vec::with_capacity(self.records.len());
        for (at, entry) in self.records.iter().enumerate() {
            let position = ChangePosition {
                number: at + 1,
                keys: &self.keys,
                view: self.view,
                arn: &arn,
                region: self.source.region(),
            };
            records.push(match entry {
                DynamoDbEntry::Change(change) => DynamoDbRecordJson::Change(change.to_json(&position)?),
                DynamoDbEntry::Raw(record) => DynamoDbRecordJson::Raw(record),
            });
        }
        let window = self.window.as_ref().map(|window| window.to_json(&arn)).transpose()?;
        write(&DynamoDbJson { records, window }).map(Bytes::from)
    }
}

#[derive(Serialize)]
struct DynamoDbJson<'a> {
    #[serde(rename = "Records")]
    records: Vec<DynamoDbRecordJson<'a>>,
    #[serde(flatten)]
    window: Option<WindowJson<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DynamoDbRecordJson<'a> {
    Change(Box<ChangeJson<'a>>),
    Raw(&'a Value),
}
