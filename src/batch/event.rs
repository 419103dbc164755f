//! A batch as it came: where its records stand in the event's bytes, and what each is called.

use super::payload::DecodeError;
use bytes::Bytes;
use lrt_core::{Context, Error, Report};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// Where a JSON value stands in the event. An event has 6 MB at most, so 32 bits are plenty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The place of a value that was borrowed from `event`; of one that is missing, nowhere.
    pub(crate) fn of(event: &str, value: Option<&RawValue>) -> Span {
        let Some(value) = value else { return Span::default() };
        let start = (value.get().as_ptr() as usize).wrapping_sub(event.as_ptr() as usize);
        Span { start: start as u32, end: (start + value.get().len()) as u32 }
    }
}

/// What a source found in one record, as places in the event. A place that is empty is that of a missing value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Envelope {
    /// What the payload is decoded from: SQS' body, a stream's new image.
    pub(crate) payload: Span,
    /// A stream's old image.
    pub(crate) old: Span,
    /// What it is ordered by: a stream's keys.
    pub(crate) key: Span,
    /// What the service says of it: SQS' attributes, a stream's event name.
    pub(crate) attributes: Span,
    /// What the sender says of it.
    pub(crate) message_attributes: Span,
    /// When it came into being.
    pub(crate) time: Span,
    /// Who changed it.
    pub(crate) identity: Span,
    /// Which views a stream has.
    pub(crate) view: Span,
    /// The queue or stream.
    pub(crate) arn: Span,
}

/// One record: its identifier, and what the source found, or why it found nothing.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Box<str>,
    pub(crate) envelope: Result<Envelope, Box<str>>,
}

/// A batch as it came. Nothing in it changes, so that every record may look at it.
pub(crate) struct Event {
    pub(crate) payload: Bytes,
    pub(crate) context: Context,
    pub(crate) entries: Vec<Entry>,
    /// A tumbling window's state, which has to go back.
    pub(crate) state: Option<Span>,
    /// How a record's payload becomes bytes: the source's own way.
    pub(crate) bytes: fn(&RawRecord) -> Result<Cow<'_, [u8]>, DecodeError>,
    /// How often a record was delivered, where the source tells.
    pub(crate) receive_count: fn(&RawRecord) -> Option<u32>,
    /// Where each whole record stands: looked for only when somebody asks.
    whole: OnceLock<Vec<Span>>,
}

/// What the source's file says of its events.
pub(crate) trait Find {
    /// The source, as a record's `eventSource` has it: `aws:sqs`.
    const SERVICE: &'static str;
    /// The field of a record that identifies it, for messages.
    const ID: &'static str;

    /// A record's fields.
    type Wire<'a>: WireRecord<'a>;

    /// As [`Event::bytes`].
    fn bytes(record: &RawRecord) -> Result<Cow<'_, [u8]>, DecodeError>;

    /// As [`Event::receive_count`].
    fn receive_count(_: &RawRecord) -> Option<u32> {
        None
    }
}

/// A record's fields, each as it stands in the event, so that none can be of a wrong type.
pub(crate) trait WireRecord<'a>: Deserialize<'a> {
    /// The record's identifier, a JSON string.
    fn id(&self) -> Option<&'a RawValue>;

    /// Its `eventSource`.
    fn source(&self) -> Option<&'a RawValue>;

    /// Where the rest of it stands.
    fn envelope(&self, event: &str) -> Envelope;
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Wire<'a, R> {
    #[serde(rename = "Records")]
    records: Option<Vec<R>>,
    #[serde(borrow, rename = "eventSource")]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    window: Option<&'a RawValue>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
}

impl<'a, R: Deserialize<'a>> Wire<'a, R> {
    /// `{"Records": […]}`, or the bare array that EventBridge Pipes sends
    /// ([batching](https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-targets-specifics.html)).
    fn read(event: &'a str) -> serde_json::Result<Wire<'a, R>> {
        if event.trim_ascii_start().starts_with('[') {
            let records = serde_json::from_str(event)?;
            return Ok(Wire { records: Some(records), source: None, window: None, state: None });
        }
        serde_json::from_str(event)
    }
}

impl Event {
    /// Finds the records of an event, one by one: a record that is odd is odd alone.
    ///
    /// # Errors
    ///
    /// `Runtime.UnmarshalError` when this is no event of the source, or when a record has no identifier: it could not be
    /// reported, so it would be lost.
    pub(crate) fn find<F: Find>(payload: Bytes, context: Context) -> Result<Event, Report> {
        // Once, so that it need not be done for each value.
        let event = std::str::from_utf8(&payload).map_err(|error| no_event::<F>(&error))?;
        let (entries, state) = match Wire::<F::Wire<'_>>::read(event) {
            Ok(wire) => {
                check_source::<F>(wire.source)?;
                let records = wire.records.ok_or_else(|| no_records::<F>(wire.source))?;
                let mut entries = Vec::with_capacity(records.len());
                for (at, record) in records.iter().enumerate() {
                    entries.push(entry::<F>(at, record, event)?);
                }
                (entries, state(event, wire.window, wire.state))
            }
            Err(_) => find_odd::<F>(event)?,
        };
        Ok(Event {
            payload,
            context,
            entries,
            state,
            bytes: F::bytes,
            receive_count: F::receive_count,
            whole: OnceLock::new(),
        })
    }

    /// The JSON at a place; empty when the value is missing.
    pub(crate) fn json(&self, span: Span) -> &str {
        self.payload
            .get(span.start as usize..span.end as usize)
            .and_then(|json| std::str::from_utf8(json).ok())
            .unwrap_or_default()
    }

    /// A whole record, as JSON.
    fn whole(&self, record: usize) -> &str {
        let whole = self.whole.get_or_init(|| {
            let event = std::str::from_utf8(&self.payload).unwrap_or_default();
            match Wire::<&RawValue>::read(event) {
                Ok(Wire { records: Some(records), .. }) => {
                    records.into_iter().map(|record| Span::of(event, Some(record))).collect()
                }
                _ => Vec::new(),
            }
        });
        whole.get(record).map_or("", |span| self.json(*span))
    }
}

fn state(event: &str, window: Option<&RawValue>, state: Option<&RawValue>) -> Option<Span> {
    window.map(|_| Span::of(event, state))
}

fn entry<F: Find>(at: usize, wire: &F::Wire<'_>, event: &str) -> Result<Entry, Report> {
    check_source::<F>(wire.source())?;
    let id = wire.id().and_then(string).filter(|id| !id.is_empty()).ok_or_else(|| no_id::<F>(at))?;
    Ok(Entry { id: id.into(), envelope: Ok(wire.envelope(event)) })
}

/// The slow way, for events with a record that is not even an object of its fields.
#[cold]
fn find_odd<F: Find>(event: &str) -> Result<(Vec<Entry>, Option<Span>), Report> {
    let wire = Wire::<&RawValue>::read(event).map_err(|error| no_event::<F>(&error))?;
    check_source::<F>(wire.source)?;
    let records = wire.records.ok_or_else(|| no_records::<F>(wire.source))?;
    let entries =
        records.into_iter().enumerate().map(|(at, record)| match serde_json::from_str::<F::Wire<'_>>(record.get()) {
            Ok(wire) => entry::<F>(at, &wire, event),
            Err(error) => {
                let id = F::ID.split('.').try_fold(record, |value, name| find_field(value.get(), name));
                let id = id.and_then(string).filter(|id| !id.is_empty()).ok_or_else(|| no_id::<F>(at))?;
                Ok(Entry { id: id.into(), envelope: Err(error.to_string().into()) })
            }
        });
    Ok((entries.collect::<Result<Vec<_>, _>>()?, state(event, wire.window, wire.state)))
}

fn check_source<F: Find>(source: Option<&RawValue>) -> Result<(), Report> {
    match source.map(RawValue::get) {
        Some(source) if source.trim_matches('"') != F::SERVICE => Err(Report::unmarshal(format!(
            "the event is of {}, and this function takes events of {}",
            source.trim_matches('"'),
            F::SERVICE
        ))),
        _ => Ok(()),
    }
}

#[cold]
fn no_event<F: Find>(error: &dyn fmt::Display) -> Report {
    Report::unmarshal(format!("this is no event of {}: {error}", F::SERVICE))
}

fn no_records<F: Find>(source: Option<&RawValue>) -> Report {
    let is = source.map_or(String::new(), |source| format!(" of {}", source.get()));
    Report::unmarshal(format!("the event{is} has no `Records`: this function takes events of {}", F::SERVICE))
}

fn no_id<F: Find>(at: usize) -> Report {
    Report::unmarshal(format!(
        "Records[{at}] has no `{}`: a record that cannot be reported would be lost, so the whole batch fails; this \
         function takes events of {}",
        F::ID,
        F::SERVICE
    ))
}

/// The text of a JSON string; `None` when it is none.
pub(crate) fn string(json: &RawValue) -> Option<Cow<'_, str>> {
    text(json.get())
}

/// The same, of JSON that stands in an event.
pub(crate) fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    match inner.find('\\') {
        None => Some(Cow::Borrowed(inner)),
        Some(at) => unescape(inner, at).or_else(|| serde_json::from_str(json).ok()).map(Cow::Owned),
    }
}

/// A string whose first escape is at `at`. JSON inside of JSON has escapes of one character, which are cheap to undo;
/// with others this is `None`, and left to serde_json.
fn unescape(escaped: &str, at: usize) -> Option<String> {
    let mut text = String::with_capacity(escaped.len());
    let (plain, mut rest) = escaped.split_at(at);
    text.push_str(plain);
    loop {
        text.push(match rest.as_bytes().get(1)? {
            same @ (b'"' | b'\\' | b'/') => char::from(*same),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            _ => return None,
        });
        rest = &rest[2..];
        let next = rest.bytes().position(|byte| byte == b'\\');
        text.push_str(&rest[..next.unwrap_or(rest.len())]);
        match next {
            Some(next) => rest = &rest[next..],
            None => return Some(text),
        }
    }
}

/// Reads a JSON object's fields in order; of what is no object, none.
pub(crate) fn each_field<'a>(object: &'a str, each: impl FnMut(&str, &'a RawValue)) {
    struct Fields<E>(E);
    impl<'de: 'a, 'a, E: FnMut(&str, &'a RawValue)> serde::de::Visitor<'de> for Fields<E> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: serde::de::MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
            while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                (self.0)(&name, map.next_value::<&'de RawValue>()?);
            }
            Ok(())
        }
    }
    let mut json = serde_json::Deserializer::from_str(object);
    // What is odd has no fields: whoever asks for one is told that it is missing.
    let _ = serde::Deserializer::deserialize_map(&mut json, Fields(each));
}

/// The value of one field of a JSON object.
fn find_field<'a>(object: &'a str, name: &str) -> Option<&'a RawValue> {
    let mut found = None;
    each_field(object, |field, value| {
        if field == name {
            found = Some(value);
        }
    });
    found
}

/// The text of one field of a JSON object.
pub(crate) fn find_text<'a>(object: &'a str, name: &str) -> Option<Cow<'a, str>> {
    find_field(object, name).and_then(string)
}

/// One record on its way to its handler, as record layers see it. It is `Clone`, so that tower's retry fits around a
/// record; a clone shares the event.
#[derive(Clone)]
pub struct RawRecord {
    pub(crate) event: Arc<Event>,
    pub(crate) index: usize,
}

impl RawRecord {
    pub(crate) fn new(event: &Arc<Event>, index: usize) -> RawRecord {
        RawRecord { event: Arc::clone(event), index }
    }

    /// The record's identifier.
    pub fn id(&self) -> RecordId {
        RecordId(self.clone())
    }

    /// What is known of the invocation.
    pub fn context(&self) -> &Context {
        &self.event.context
    }

    /// The payload's bytes, before they are decoded: an SQS body, a stream's new image.
    ///
    /// # Errors
    ///
    /// When the record has none, or one of a wrong type.
    pub fn payload(&self) -> Result<Cow<'_, [u8]>, DecodeError> {
        (self.event.bytes)(self)
    }

    /// How often the record was delivered, this time included, where the source tells.
    pub fn receive_count(&self) -> Option<u32> {
        (self.event.receive_count)(self)
    }

    /// The whole record, as JSON.
    pub fn json(&self) -> &str {
        self.event.whole(self.index)
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.event.entries[self.index]
    }

    /// What the source found in it.
    pub(crate) fn envelope(&self) -> Result<&Envelope, DecodeError> {
        self.entry().envelope.as_ref().map_err(|reason| self.odd(format!("the record is odd: {reason}")))
    }

    /// A decode error of this record.
    pub(crate) fn odd(&self, reason: impl fmt::Display) -> DecodeError {
        DecodeError::new(reason).of(self)
    }
}

impl fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRecord").field("id", &self.entry().id).finish_non_exhaustive()
    }
}

/// What a record is called: an SQS message id, a stream's sequence number. It comes from a record, and cannot be made.
#[derive(Clone)]
pub struct RecordId(RawRecord);

impl RecordId {
    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.0.entry().id
    }

    /// Its place in this batch; `None` when it is of another.
    pub(crate) fn index_in(&self, event: &Arc<Event>) -> Option<usize> {
        Arc::ptr_eq(&self.0.event, event).then_some(self.0.index)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for RecordId {
    fn eq(&self, other: &RecordId) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RecordId {}

impl Hash for RecordId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// The failure of a batch in which nothing was done.
pub(crate) fn batch_failed(message: String) -> Report {
    Error::named("BatchFailed", message).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_unescaped() {
        for (json, expected) in [
            (r#""a""#, Some("a")),
            (r#""""#, Some("")),
            (r#""{\"a\":\"\\\"\"}""#, Some(r#"{"a":"\""}"#)),
            (r#""\n\t\r\/\b\f\u00e9\ud83d\ude00""#, Some("\n\t\r/\u{8}\u{c}é😀")),
            (r#""\ud83d""#, None),
            ("7", None),
            ("", None),
            ("\"", None),
        ] {
            assert_eq!(text(json).as_deref(), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn what_was_escaped_is_found_again(expected in any::<String>()) {
            let json = serde_json::to_string(&expected).unwrap();
            let found = text(&json);
            prop_assert_eq!(found.as_deref(), Some(&*expected));
        }
    }
}
