//! [`Change`]: the change of one item, with its typed images.

use super::{DynamoDb, attribute};
use crate::batch::args::FromRecord;
use crate::batch::event::{JsonSpan, RawRecord, RecordId, epoch_seconds};
use crate::batch::full_batch::Identified;
use crate::batch::payload::{DecodeError, ViaResult};
use crate::batch::run::label;
use crate::function::rejected::{NoImpl, Rejected};
use lrt_core::__private::json::{find_field, find_text};
use lrt_core::{ErrorReport, log};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

/// The change of an item, with its images as `T`: any `Deserialize`, or [`Keys`] for streams that contain only keys.
///
/// It is the record of a function for a DynamoDB stream (`dynamodb`), and of one for a Kinesis stream to which DynamoDB writes the
/// changes of a table (`kinesis`).
///
/// Streams whose view type has no new images (`KEYS_ONLY`, `OLD_IMAGE`) need `Change<Keys<K>>`.
///
/// An old image that does not decode, such as one from before an attribute was added to the table's items, is `None`,
/// with a warning in the log: only data that every change of its kind contains can fail a record.
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
    /// The item was created.
    Insert {
        /// The item after the change.
        new: T,
        /// The key of the item.
        keys: RawKeys,
        /// The sequence number of the record; in a Kinesis stream, that of the Kinesis record.
        id: RecordId,
        /// Approximate time of the change.
        created_at: Option<SystemTime>,
        /// Always `false`: DynamoDB itself only removes items.
        by_ttl: bool,
        /// The ARN of the stream; empty if the event does not have it.
        source_arn: String,
    },
    /// The item was changed.
    Modify {
        /// The item before the change, if the stream's view type has old images.
        old: Option<T>,
        /// The item after the change.
        new: T,
        /// The key of the item.
        keys: RawKeys,
        /// The sequence number of the record; in a Kinesis stream, that of the Kinesis record.
        id: RecordId,
        /// Approximate time of the change.
        created_at: Option<SystemTime>,
        /// Always `false`: DynamoDB itself only removes items.
        by_ttl: bool,
        /// The ARN of the stream; empty if the event does not have it.
        source_arn: String,
    },
    /// The item was removed.
    Remove {
        /// The item before the change, if the stream's view type has old images.
        old: Option<T>,
        /// The key of the item.
        keys: RawKeys,
        /// The sequence number of the record; in a Kinesis stream, that of the Kinesis record.
        id: RecordId,
        /// Approximate time of the change.
        created_at: Option<SystemTime>,
        /// True if DynamoDB removed the item because its time to live had expired
        /// ([TTL and streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html)).
        by_ttl: bool,
        /// The ARN of the stream; empty if the event does not have it.
        source_arn: String,
    },
}

impl<T> Change<T> {
    /// Returns the sequence number of the record.
    pub fn id(&self) -> &RecordId {
        match self {
            Change::Insert { id, .. } | Change::Modify { id, .. } | Change::Remove { id, .. } => id,
        }
    }

    /// Returns the ARN of the stream; empty if the event does not have it.
    pub fn source_arn(&self) -> &str {
        match self {
            Change::Insert { source_arn, .. }
            | Change::Modify { source_arn, .. }
            | Change::Remove { source_arn, .. } => source_arn,
        }
    }

    /// Returns the name of the table: from the ARN of the DynamoDB stream, or from the change if it is a record of a Kinesis
    /// stream. `None` if the event does not have it.
    pub fn table_name(&self) -> Option<String> {
        let in_arn = self.source_arn().split_once(":table/").and_then(|(_, resource)| resource.split('/').next());
        match in_arn {
            Some(name) => Some(name.to_owned()),
            None => find_text(self.keys().0.json(), "tableName").map(Cow::into_owned),
        }
    }

    /// Returns the key of the item.
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

/// The item's key instead of its images, in a [`Change`]: `Change<Keys<ProductId>>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keys<K>(pub K);

/// The key of an item, decoded on demand.
#[derive(Clone)]
pub struct RawKeys(RawRecord);

impl RawKeys {
    /// Decodes the key.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not fit the type.
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, DecodeError> {
        decode(&self.0, self.0.spans()?.key, "Keys")
    }

    /// Returns the key as DynamoDB writes it: `{"id":{"S":"a"}}`; empty if the record has none.
    pub fn json(&self) -> &str {
        self.0.spans().map_or("", |spans| self.0.event.json(spans.key))
    }
}

impl fmt::Debug for RawKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json())
    }
}

/// Types that the images of a [`Change`] can be decoded into. `M` is an inferred marker.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from an item: it does not implement `serde::Deserialize`",
    label = "cannot be decoded from an item",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields",
    note = "for the keys alone, write `Change<Keys<{Self}>>`"
)]
pub trait Image<M>: Sized + Send + 'static {
    /// True if the images themselves are decoded.
    const NEEDS_IMAGES: bool;

    /// Decodes the item after the change.
    #[doc(hidden)]
    fn new_image(record: &RawRecord) -> Result<Self, DecodeError>;

    /// Decodes the item before the change, if the record has it.
    #[doc(hidden)]
    fn old_image(record: &RawRecord) -> Result<Option<Self>, DecodeError>;
}

/// Marks an image type that is decoded from the images.
#[derive(Debug)]
pub struct ViaImage;

/// Marks an image type that is decoded from the key.
#[derive(Debug)]
pub struct ViaKeys;

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Image<ViaImage> for T {
    const NEEDS_IMAGES: bool = true;

    fn new_image(record: &RawRecord) -> Result<T, DecodeError> {
        decode(record, record.spans()?.payload, "NewImage")
    }

    fn old_image(record: &RawRecord) -> Result<Option<T>, DecodeError> {
        match record.event.json(record.spans()?.old_image) {
            "" => Ok(None),
            json => Ok(attribute::item(json).map_err(|error| warn_of_old_image(record, &error)).ok()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: NoImpl + Send + 'static> Image<Rejected> for T {
    const NEEDS_IMAGES: bool = true;

    fn new_image(_: &RawRecord) -> Result<T, DecodeError> {
        unreachable!("no type implements `NoImpl`")
    }

    fn old_image(_: &RawRecord) -> Result<Option<T>, DecodeError> {
        unreachable!("no type implements `NoImpl`")
    }
}

#[cold]
fn warn_of_old_image(record: &RawRecord, error: &attribute::ItemError) {
    let error = DecodeError::new(format_args!("OldImage: {error}"));
    let record_label = label(record);
    log::warn(
        record.context().request_id(),
        format_args!("{record_label} is handled without its old image, which does not decode: {error}"),
    );
}

impl<K: DeserializeOwned + Send + 'static> Image<ViaKeys> for Keys<K> {
    const NEEDS_IMAGES: bool = false;

    fn new_image(record: &RawRecord) -> Result<Keys<K>, DecodeError> {
        decode(record, record.spans()?.key, "Keys").map(Keys)
    }

    fn old_image(record: &RawRecord) -> Result<Option<Keys<K>>, DecodeError> {
        Keys::new_image(record).map(Some)
    }
}

fn decode<T: DeserializeOwned>(record: &RawRecord, item: JsonSpan, name: &str) -> Result<T, DecodeError> {
    match record.event.json(item) {
        "" if !is_null(record, name) => {
            Err(record.decode_error(format_args!("invalid record: missing field `{name}`")))
        }
        "" => attribute::item("{}").map_err(|error| record.decode_error(format_args!("{name} is null: {error}"))),
        json => attribute::item(json).map_err(|error| record.decode_error(format_args!("{name}: {error}"))),
    }
}

/// Returns true if an item is `null`, as in some sample events: it is treated as an item without attributes.
#[cold]
fn is_null(record: &RawRecord, name: &str) -> bool {
    find_field(record.json(), "dynamodb").and_then(|stream| find_field(stream, name)) == Some("null")
}

/// Marks a parameter that is a [`Change`].
#[derive(Debug)]
pub struct ViaChange<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<T: Image<M>, M> FromRecord<DynamoDb, ViaChange<M>> for Change<T> {
    fn from_record(record: &RawRecord) -> Result<Change<T>, DecodeError> {
        let created_at = epoch_seconds(record.event.json(record.spans()?.time));
        let source_arn = record.text(record.spans()?.arn).unwrap_or_default().into_owned();
        change(record, record.id(), created_at, source_arn)
    }

    fn check(record: &RawRecord) -> Result<(), ErrorReport> {
        let Ok(spans) = record.spans() else { return Ok(()) };
        match record.text(spans.view).as_deref() {
            Some(view @ ("KEYS_ONLY" | "OLD_IMAGE")) if T::NEEDS_IMAGES => Err(ErrorReport::unmarshal(format!(
                "the stream's view type is {view}, which has no new images (help: set the table's StreamViewType to \
                 NEW_IMAGE or NEW_AND_OLD_IMAGES, or take a `Change<Keys<K>>`)"
            ))),
            _ => Ok(()),
        }
    }
}

/// Decodes the change in a record with the fields of a DynamoDB stream.
pub(crate) fn change<T: Image<M>, M>(
    record: &RawRecord,
    id: RecordId,
    created_at: Option<SystemTime>,
    source_arn: String,
) -> Result<Change<T>, DecodeError> {
    let spans = record.spans()?;
    let keys = RawKeys(record.clone());
    Ok(match &*record.text(spans.attributes).unwrap_or_default() {
        "INSERT" => Change::Insert { new: T::new_image(record)?, keys, id, created_at, by_ttl: false, source_arn },
        "MODIFY" => {
            let new = T::new_image(record)?;
            Change::Modify { old: T::old_image(record)?, new, keys, id, created_at, by_ttl: false, source_arn }
        }
        "REMOVE" => {
            let by_ttl = is_by_ttl(record.event.json(spans.identity));
            Change::Remove { old: T::old_image(record)?, keys, id, created_at, by_ttl, source_arn }
        }
        "" => return Err(record.decode_error("invalid record: missing field `eventName`")),
        _ => {
            return Err(record.decode_error("invalid record: unknown `eventName` (expected INSERT, MODIFY or REMOVE)"));
        }
    })
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<T: Image<M>, M> FromRecord<DynamoDb, ViaResult<ViaChange<M>>> for Result<Change<T>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        let change = <Change<T> as FromRecord<DynamoDb, ViaChange<M>>>::from_record(record);
        Ok(change.map_err(|error| error.with_record(record)))
    }

    fn has_decode_error(self) -> bool {
        self.is_err()
    }

    fn check(record: &RawRecord) -> Result<(), ErrorReport> {
        <Change<T> as FromRecord<DynamoDb, ViaChange<M>>>::check(record)
    }
}

/// Returns true if the `userIdentity` of a removal is DynamoDB itself.
fn is_by_ttl(identity: &str) -> bool {
    let is = |name, alias, expected| {
        find_text(identity, name).or_else(|| find_text(identity, alias)).is_some_and(|text| text == expected)
    };
    is("type", "Type", "Service") && is("principalId", "PrincipalId", "dynamodb.amazonaws.com")
}
