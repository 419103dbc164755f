//! Changes of a DynamoDB table.

mod change;
mod item;
mod size;

pub use change::{ItemChange, insert, modify, remove};
pub use item::Set;

use super::source::{Source, value, write};
use super::window::{self, Window};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use change::Place;
use serde::Serialize;
use serde_json::Value;

/// Records of a DynamoDB stream, as Lambda hands them to a function
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)). Items are any `Serialize`.
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
/// // A stream is told where to begin again.
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

/// An item as DynamoDB writes it, each attribute with its type: for records that are given as [JSON](DynamoDbEvent::raw).
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
/// When this is no struct or map, or DynamoDB has no attribute for something in it.
#[track_caller]
pub fn item(item: &impl Serialize) -> Value {
    match item::item(item) {
        Ok(attributes) => attributes.into(),
        Err(why) => panic!("{why}"),
    }
}

/// What the records of a stream have of an item besides its keys
/// ([StreamViewType](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamView {
    /// Nothing.
    KeysOnly,
    /// The item as it is now.
    NewImage,
    /// The item as it was.
    OldImage,
    /// Both.
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

/// The event that [`dynamodb`] begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct DynamoDbEvent {
    source: Source,
    table: String,
    keys: Vec<String>,
    view: StreamView,
    records: Vec<Entry>,
    window: Option<Window>,
}

#[derive(Clone, Debug)]
enum Entry {
    Change(ItemChange),
    Raw(Value),
}

impl DynamoDbEvent {
    /// A new item.
    pub fn insert(self, new: &impl Serialize) -> DynamoDbEvent {
        self.record(insert(new))
    }

    /// An item that has changed.
    pub fn modify(self, old: &impl Serialize, new: &impl Serialize) -> DynamoDbEvent {
        self.record(modify(old, new))
    }

    /// An item that was deleted.
    pub fn remove(self, old: &impl Serialize) -> DynamoDbEvent {
        self.record(remove(old))
    }

    /// An item that DynamoDB deleted because its time to live was over.
    pub fn remove_by_ttl(self, old: &impl Serialize) -> DynamoDbEvent {
        self.record(remove(old).by_ttl())
    }

    /// A record in detail: [`insert`](insert()), [`modify`](modify()) or [`remove`](remove()).
    pub fn record(mut self, change: ItemChange) -> DynamoDbEvent {
        self.records.push(Entry::Change(change));
        self
    }

    /// A record that is written as it is, for those that DynamoDB would never send.
    pub fn raw(mut self, record: Value) -> DynamoDbEvent {
        self.records.push(Entry::Raw(record));
        self
    }

    /// An attribute of the items that is their key, or one of the two that are. Unless set it is `id`.
    pub fn key(mut self, attribute: impl Into<String>) -> DynamoDbEvent {
        self.keys.push(attribute.into());
        self
    }

    /// What the stream has of each item; both images unless set.
    pub fn view(mut self, view: StreamView) -> DynamoDbEvent {
        self.view = view;
        self
    }

    /// The table's name.
    pub fn table(mut self, name: impl Into<String>) -> DynamoDbEvent {
        self.table = name.into();
        self
    }

    /// The table's region; `us-east-1` unless set.
    pub fn region(mut self, region: impl Into<String>) -> DynamoDbEvent {
        self.source.set_region(region.into());
        self
    }

    /// The account of the table; `123456789012` unless set.
    pub fn account(mut self, account: impl Into<String>) -> DynamoDbEvent {
        self.source.set_account(account.into());
        self
    }

    /// The stream's ARN, in place of what table, region and account make.
    pub fn arn(mut self, arn: impl Into<String>) -> DynamoDbEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// The state of a tumbling window, which makes this an event of one
    /// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html)).
    pub fn window(self, state: &impl Serialize) -> DynamoDbEvent {
        let error = |error| EventError::new(format!("a window's state cannot be written as JSON: {error}"));
        self.in_window(|window| window.state = serde_json::to_value(state).map_err(error))
    }

    /// When the window begins and ends, in RFC 3339; the first five minutes of 2026 unless set.
    pub fn window_times(self, start: impl Into<String>, end: impl Into<String>) -> DynamoDbEvent {
        self.in_window(|window| window.times = [start.into(), end.into()])
    }

    /// Whether this is the window's last event, which has no records in Lambda.
    pub fn final_invoke_for_window(self, is_final: bool) -> DynamoDbEvent {
        self.in_window(|window| window.is_final = is_final)
    }

    /// Whether the window was ended before its time, since its state is too large.
    pub fn window_terminated_early(self, early: bool) -> DynamoDbEvent {
        self.in_window(|window| window.terminated_early = early)
    }

    /// The shard that the window is of.
    pub fn shard_id(self, id: impl Into<String>) -> DynamoDbEvent {
        self.in_window(|window| window.shard_id = id.into())
    }

    fn in_window(mut self, change: impl FnOnce(&mut Window)) -> DynamoDbEvent {
        change(self.window.get_or_insert_default());
        self
    }

    /// The event as JSON.
    ///
    /// # Panics
    ///
    /// When an item cannot be written as one, or lacks its key.
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
            let place =
                Place { number: at + 1, keys: &self.keys, view: self.view, arn: &arn, region: self.source.region() };
            records.push(match entry {
                Entry::Change(change) => Record::Change(change.wire(&place)?),
                Entry::Raw(record) => Record::Raw(record),
            });
        }
        let window = self.window.as_ref().map(|window| window.wire(&arn)).transpose()?;
        write(&Wire { records, window }).map(Bytes::from)
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "Records")]
    records: Vec<Record<'a>>,
    #[serde(flatten)]
    window: Option<window::Wire<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Change(Box<change::Wire<'a>>),
    Raw(&'a Value),
}
