//! What happened to an item.

use super::{DynamoDb, attribute};
use crate::batch::args::FromRecord;
use crate::batch::event::{JsonSpan, RawRecord, RecordId, RecordSpans};
use crate::batch::full_batch::Identified;
use crate::batch::json::{find_field, find_text, text};
use crate::batch::payload::{DecodeError, ViaResult};
use lrt_core::ErrorReport;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What happened to an item, with its images as `T`: any `Deserialize`, or [`Keys`] for streams that have the keys
/// alone.
///
/// Of a stream whose view has no new images (`KEYS_ONLY`, `OLD_IMAGE`) only `Change<Keys<K>>` can be taken.
///
/// ```
/// use lrt::dynamodb::Change;
///
/// #[derive(serde::Deserialize)]
/// struct Product {
///     name: String,
///     price: f64,
/// }
///
/// async fn watch(change: Change<Product>) {
///     if let Change::Modify { old: Some(old), new, .. } = change {
///         println!("{} was {} and is {}", new.name, old.price, new.price);
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub enum Change<T> {
    /// The item is new.
    Insert {
        /// The item as it is now.
        new: T,
        /// What the item is called.
        keys: RawKeys,
        /// The record's sequence number.
        id: RecordId,
        /// When it happened, to the second.
        created_at: Option<SystemTime>,
        /// Always `false`: only removals are DynamoDB's own.
        by_ttl: bool,
    },
    /// The item has changed.
    Modify {
        /// The item as it was, where the stream's view has old images.
        old: Option<T>,
        /// The item as it is now.
        new: T,
        /// What the item is called.
        keys: RawKeys,
        /// The record's sequence number.
        id: RecordId,
        /// When it happened, to the second.
        created_at: Option<SystemTime>,
        /// Always `false`: only removals are DynamoDB's own.
        by_ttl: bool,
    },
    /// The item is gone.
    Remove {
        /// The item as it was, where the stream's view has old images.
        old: Option<T>,
        /// What the item was called.
        keys: RawKeys,
        /// The record's sequence number.
        id: RecordId,
        /// When it happened, to the second.
        created_at: Option<SystemTime>,
        /// Whether DynamoDB removed it because its time to live was over
        /// ([TTL and streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html)).
        by_ttl: bool,
    },
}

impl<T> Change<T> {
    /// The record's sequence number.
    pub fn id(&self) -> &RecordId {
        match self {
            Change::Insert { id, .. } | Change::Modify { id, .. } | Change::Remove { id, .. } => id,
        }
    }

    /// What the item is called.
    pub fn keys(&self) -> &RawKeys {
        match self {
            Change::Insert { keys, .. } | Change::Modify { keys, .. } | Change::Remove { keys, .. } => keys,
        }
    }
}

impl<T> Identified for Change<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(self.id())
    }
}

/// The keys alone, in a [`Change`]: `Change<Keys<ProductId>>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keys<K>(pub K);

/// The keys of an item, decoded when they are asked for.
#[derive(Clone)]
pub struct RawKeys(RawRecord);

impl RawKeys {
    /// The keys, decoded.
    ///
    /// # Errors
    ///
    /// When they are not what the type takes.
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, DecodeError> {
        decode(&self.0, self.0.spans()?.key, "Keys")
    }

    /// The keys as DynamoDB writes them: `{"id":{"S":"a"}}`; empty where the record has none.
    pub fn json(&self) -> &str {
        self.0.spans().map_or("", |spans| self.0.event.json(spans.key))
    }
}

impl fmt::Debug for RawKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json())
    }
}

/// What the images of a [`Change`] may be taken as. `M` says how, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from an item",
    label = "not `Deserialize`",
    note = "add `#[derive(serde::Deserialize)]` to it, or take `Change<Keys<K>>`"
)]
pub trait Image<M>: Sized + Send + 'static {
    /// Whether the images are needed.
    const NEEDS_IMAGES: bool;

    /// Decodes the image at a place of the record, or what stands for it.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn image(record: &RawRecord, image: ImageSide) -> Result<Option<Self>, DecodeError>;
}

/// One of a record's two images.
#[derive(Clone, Copy)]
pub(crate) enum ImageSide {
    New,
    Old,
}

/// The images are decoded.
#[derive(Debug)]
pub struct ViaImage;

/// The keys are decoded.
#[derive(Debug)]
pub struct ViaKeys;

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Image<ViaImage> for T {
    const NEEDS_IMAGES: bool = true;

    #[allow(private_interfaces)]
    fn image(record: &RawRecord, image: ImageSide) -> Result<Option<T>, DecodeError> {
        let spans = record.spans()?;
        let (span, name) = match image {
            ImageSide::New => (spans.payload, "NewImage"),
            ImageSide::Old => (spans.old, "OldImage"),
        };
        match (record.event.json(span), image) {
            ("", ImageSide::New) if !is_null(record, name) => Ok(None),
            ("", ImageSide::Old) => Ok(None),
            _ => decode(record, span, name).map(Some),
        }
    }
}

impl<K: DeserializeOwned + Send + 'static> Image<ViaKeys> for Keys<K> {
    const NEEDS_IMAGES: bool = false;

    #[allow(private_interfaces)]
    fn image(record: &RawRecord, _: ImageSide) -> Result<Option<Keys<K>>, DecodeError> {
        decode(record, record.spans()?.key, "Keys").map(|keys| Some(Keys(keys)))
    }
}

fn decode<T: DeserializeOwned>(record: &RawRecord, item: JsonSpan, name: &str) -> Result<T, DecodeError> {
    match record.event.json(item) {
        "" if !is_null(record, name) => Err(record.decode_error(format_args!("the record has no `{name}`"))),
        "" => attribute::item("{}").map_err(|error| record.decode_error(format_args!("{name} is null: {error}"))),
        json => attribute::item(json).map_err(|error| record.decode_error(format_args!("{name}: {error}"))),
    }
}

/// Whether a record says that an item is `null`, as samples of events do: that is an item without attributes.
#[cold]
fn is_null(record: &RawRecord, name: &str) -> bool {
    find_field(record.json(), "dynamodb").and_then(|stream| find_field(stream, name)) == Some("null")
}

/// The record is taken as a [`Change`].
#[derive(Debug)]
pub struct ViaChange<M>(PhantomData<M>);

impl<T: Image<M>, M> FromRecord<DynamoDb, ViaChange<M>> for Change<T> {
    fn from_record(record: &RawRecord) -> Result<Change<T>, DecodeError> {
        let Happened { what, keys, id, created_at, by_ttl } = happened(record)?;
        let old = if what == What::Insert { None } else { T::image(record, ImageSide::Old)? };
        if what == What::Remove {
            return Ok(Change::Remove { old, keys, id, created_at, by_ttl });
        }
        let new =
            T::image(record, ImageSide::New)?.ok_or_else(|| record.decode_error("the record has no `NewImage`"))?;
        Ok(match what {
            What::Insert => Change::Insert { new, keys, id, created_at, by_ttl },
            _ => Change::Modify { old, new, keys, id, created_at, by_ttl },
        })
    }

    fn check(record: &RawRecord) -> Result<(), ErrorReport> {
        let Ok(spans) = record.spans() else { return Ok(()) };
        match text(record.event.json(spans.view)).as_deref() {
            Some(view @ ("KEYS_ONLY" | "OLD_IMAGE")) if T::NEEDS_IMAGES => Err(ErrorReport::unmarshal(format!(
                "the stream's view is {view}, which has no new images: set the table's StreamViewType to NEW_IMAGE or \
                 NEW_AND_OLD_IMAGES, or take a `Change<Keys<K>>`"
            ))),
            _ => Ok(()),
        }
    }
}

/// A change whose images do not decode is for the handler to see.
impl<T: Image<M>, M> FromRecord<DynamoDb, ViaResult<ViaChange<M>>> for Result<Change<T>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Change::from_record(record).map_err(|error| error.of(record)))
    }

    fn check(record: &RawRecord) -> Result<(), ErrorReport> {
        <Change<T> as FromRecord<DynamoDb, ViaChange<M>>>::check(record)
    }
}

/// What a record says of a change, apart from the images.
struct Happened {
    what: What,
    keys: RawKeys,
    id: RecordId,
    created_at: Option<SystemTime>,
    by_ttl: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Insert,
    Modify,
    Remove,
}

fn happened(record: &RawRecord) -> Result<Happened, DecodeError> {
    let spans = record.spans()?;
    let what = match &*text(record.event.json(spans.attributes)).unwrap_or_default() {
        "INSERT" => What::Insert,
        "MODIFY" => What::Modify,
        "REMOVE" => What::Remove,
        "" => return Err(record.decode_error("the record has no `eventName`")),
        _ => return Err(record.decode_error("the record's `eventName` is none of INSERT, MODIFY and REMOVE")),
    };
    Ok(Happened {
        what,
        keys: RawKeys(record.clone()),
        id: record.id(),
        created_at: created_at(record, spans),
        by_ttl: what == What::Remove && by_ttl(record, spans),
    })
}

/// Seconds since 1970, as a number with or without a fraction.
fn created_at(record: &RawRecord, spans: &RecordSpans) -> Option<SystemTime> {
    let nanoseconds = attribute::nanoseconds(record.event.json(spans.time))?;
    UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds))
}

fn by_ttl(record: &RawRecord, spans: &RecordSpans) -> bool {
    let identity = record.event.json(spans.identity);
    let is = |name, alias, expected| {
        find_text(identity, name).or_else(|| find_text(identity, alias)).is_some_and(|text| text == expected)
    };
    is("type", "Type", "Service") && is("principalId", "PrincipalId", "dynamodb.amazonaws.com")
}
