//! A batch as it came: where its records stand in the event's bytes, and what each is called.

use super::json::{Reader, find_field, text};
use super::payload::DecodeError;
use bytes::Bytes;
use lrt_core::json::redact::{is_aws_service_name, redact_values};
use lrt_core::{Context, Error, ErrorReport};
use serde::de::Error as _;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Where a JSON value stands in the event. An event has 6 MB at most, so 32 bits are plenty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JsonSpan {
    start: u32,
    end: u32,
}

impl JsonSpan {
    /// The place of a value up to which `reader` has read.
    pub(crate) fn before(reader: &Reader<'_>, value: &str) -> JsonSpan {
        let end = reader.at();
        JsonSpan { start: (end - value.len()) as u32, end: end as u32 }
    }

    /// The place of what was found in `event`.
    fn within(event: &str, found: &str) -> JsonSpan {
        let start = (found.as_ptr() as usize).wrapping_sub(event.as_ptr() as usize);
        JsonSpan { start: start as u32, end: (start + found.len()) as u32 }
    }

    /// What stands there.
    pub(crate) fn of(self, event: &str) -> &str {
        event.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// What a source found in one record, as places in the event. A place that is empty is that of a missing value.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordSpans {
    /// What it is called, a JSON string.
    pub(crate) id: JsonSpan,
    /// Which service it is from.
    pub(crate) source: JsonSpan,
    /// What the payload is decoded from: SQS' body, a stream's new image.
    pub(crate) payload: JsonSpan,
    /// A stream's old image.
    pub(crate) old: JsonSpan,
    /// What it is ordered by: a stream's keys.
    pub(crate) key: JsonSpan,
    /// What the service says of it: SQS' attributes, a stream's event name.
    pub(crate) attributes: JsonSpan,
    /// What the sender says of it.
    pub(crate) message_attributes: JsonSpan,
    /// When it came into being.
    pub(crate) time: JsonSpan,
    /// Who changed it.
    pub(crate) identity: JsonSpan,
    /// Which views a stream has.
    pub(crate) view: JsonSpan,
    /// The queue or stream.
    pub(crate) arn: JsonSpan,
}

/// One record: its identifier, and what the source found, or why it found nothing.
#[derive(Debug)]
pub(crate) struct RecordEntry {
    pub(crate) id: Box<str>,
    /// The same, where it stands; in Kafka, the partition, where the event tells that.
    pub(crate) id_json: JsonSpan,
    pub(crate) spans: Result<RecordSpans, Box<str>>,
    /// The whole of it.
    pub(crate) whole: JsonSpan,
}

/// A batch as it came. Nothing in it changes, so that every record may look at it.
pub(crate) struct BatchEvent {
    pub(crate) payload: Bytes,
    pub(crate) context: Context,
    pub(crate) entries: Vec<RecordEntry>,
    /// A tumbling window's state, which has to go back.
    pub(crate) state: Option<JsonSpan>,
    pub(crate) schema: &'static EventSchema,
}

/// What the source's file says of its events.
pub(crate) trait SourceSchema {
    /// What they look like.
    const SCHEMA: &'static EventSchema;
}

/// Finds what a record is called, and where that stands in the event, if it is to be reported from there.
pub(crate) type Identify = fn(&EventSchema, &str, &mut RecordEntry) -> Option<Box<str>>;

/// Reads all records of an event; their identifiers come later.
pub(crate) type Read = fn(&mut Reader<'_>, &EventSchema) -> Result<Vec<RecordEntry>, serde_json::Error>;

/// What the events of a source look like.
pub(crate) struct EventSchema {
    /// The source, as a record's `eventSource` has it: `aws:sqs`.
    pub(crate) service: &'static str,
    /// What else it may be called there.
    pub(crate) other_names: &'static [&'static str],
    /// The event's field that has the records.
    pub(crate) records: &'static str,
    /// How that is read.
    pub(crate) read: Read,
    /// The field of a record that identifies it, by its path.
    pub(crate) id: &'static str,
    /// What that has to be.
    pub(crate) id_kind: &'static str,
    /// How that identifies it.
    pub(crate) identify: Identify,
    /// Writes the identifier into the answer.
    pub(crate) write_id: fn(&mut Vec<u8>, &BatchEvent, &RecordEntry),
    /// A record's fields.
    pub(crate) fields: &'static [SchemaField],
    /// How a record's payload becomes bytes: the source's own way.
    pub(crate) bytes: fn(&RawRecord) -> Result<Cow<'_, [u8]>, DecodeError>,
    /// How often a record was delivered, where the source tells.
    pub(crate) receive_count: fn(&RawRecord) -> Option<u32>,
}

impl EventSchema {
    /// What most have in common: a list of records, each with a text that identifies it.
    pub(crate) const LIST: EventSchema = EventSchema {
        service: "",
        other_names: &[],
        records: "Records",
        read: read_records,
        id: "",
        id_kind: "text",
        identify: EventSchema::by_text,
        // As it came, which needs no code that writes strings.
        write_id: |out, event, entry| out.extend_from_slice(event.json(entry.id_json).as_bytes()),
        fields: &[],
        bytes: |record| Ok(Cow::Borrowed(record.json().as_bytes())),
        receive_count: |_| None,
    };
}

/// A field of a record, by its name: its place is noted, whatever it is, or that of the fields within it.
pub(crate) enum SchemaField {
    At(&'static str, fn(&mut RecordSpans) -> &mut JsonSpan),
    Within(&'static str, &'static [SchemaField]),
}

impl SchemaField {
    fn name(&self) -> &'static str {
        match self {
            SchemaField::At(name, _) | SchemaField::Within(name, _) => name,
        }
    }
}

/// An event, before anything is asked of it.
#[derive(Default)]
struct ParsedEvent<'a> {
    /// Their identifiers are not read yet.
    records: Option<Vec<RecordEntry>>,
    source: Option<&'a str>,
    window: Option<&'a str>,
    state: JsonSpan,
}

impl<'a> ParsedEvent<'a> {
    /// `{"Records": […]}`, or the bare array that EventBridge Pipes sends
    /// ([batching](https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-targets-specifics.html)).
    fn read(event: &'a str, schema: &EventSchema) -> Result<ParsedEvent<'a>, serde_json::Error> {
        let mut found = ParsedEvent::default();
        let mut reader = Reader::new(event);
        if reader.peek() == Some(b'[') {
            found.records = Some(read_records(&mut reader, schema)?);
        } else {
            let mut rest = reader.open(b'{', &"an event with records")?;
            while let Some(name) = reader.next_name(&mut rest)? {
                if name == schema.records && reader.peek() != Some(b'n') {
                    found.records = Some((schema.read)(&mut reader, schema)?);
                    continue;
                }
                let value = Some(reader.skip()?).filter(|value| *value != "null");
                match &*name {
                    "eventSource" => found.source = value,
                    "window" => found.window = value,
                    "state" => {
                        found.state = value.map_or(JsonSpan::default(), |value| JsonSpan::before(&reader, value))
                    }
                    _ => {}
                }
            }
        }
        reader.end()?;
        Ok(found)
    }
}

/// Finds the records one by one: a record that is odd is odd alone.
pub(crate) fn read_records(
    reader: &mut Reader<'_>,
    schema: &EventSchema,
) -> Result<Vec<RecordEntry>, serde_json::Error> {
    let mut records = Vec::new();
    let mut rest = reader.open(b'[', &"an array of records")?;
    while reader.next(&mut rest)? {
        let start = *reader;
        let mut spans = RecordSpans::default();
        let read = read_fields(reader, schema.fields, &mut spans);
        if read.is_err() {
            // What is no JSON is an error here as well, and then one of the whole event.
            *reader = start;
            reader.skip()?;
        }
        let spans = match read {
            Ok(()) => Ok(spans),
            Err(error) => Err(error.to_string().into()),
        };
        let whole = JsonSpan { start: start.at() as u32, end: reader.at() as u32 };
        records.push(RecordEntry { id: Box::default(), id_json: JsonSpan::default(), spans, whole });
    }
    Ok(records)
}

/// Notes where the fields of one record are, each as it stands, so that none can be of a wrong type.
fn read_fields(
    reader: &mut Reader<'_>,
    fields: &[SchemaField],
    spans: &mut RecordSpans,
) -> Result<(), serde_json::Error> {
    let mut rest = reader.open(b'{', &"an object")?;
    while let Some(name) = reader.next_name(&mut rest)? {
        let field = fields.iter().find(|field| field.name() == name);
        if let Some(SchemaField::Within(_, fields)) = field
            && reader.peek() != Some(b'n')
        {
            read_fields(reader, fields, spans)?;
            continue;
        }
        let value = reader.skip()?;
        if let Some(SchemaField::At(name, place)) = field
            && value != "null"
        {
            let place = place(spans);
            if place.end > 0 {
                return Err(serde_json::Error::duplicate_field(name));
            }
            *place = JsonSpan::before(reader, value);
        }
    }
    Ok(())
}

impl BatchEvent {
    /// Finds the records of an event.
    ///
    /// # Errors
    ///
    /// `Runtime.UnmarshalError` when this is no event of the source, or when a record has no identifier: it could not be
    /// reported, so it would be lost.
    pub(crate) fn find(
        payload: Bytes,
        context: Context,
        schema: &'static EventSchema,
    ) -> Result<BatchEvent, ErrorReport> {
        // Once, so that it need not be done for each value.
        let event = std::str::from_utf8(&payload).map_err(|error| schema.no_event(&error))?;
        let found = ParsedEvent::read(event, schema).map_err(|error| schema.no_event(&error))?;
        if let Some(source) = found.source {
            schema.check_source(source)?;
        }
        let mut entries = found.records.ok_or_else(|| schema.no_records(found.source))?;
        for (at, entry) in entries.iter_mut().enumerate() {
            if let Ok(spans) = &entry.spans {
                schema.check_source(spans.source.of(event))?;
            }
            entry.id = (schema.identify)(schema, event, entry).ok_or_else(|| schema.no_id(at))?;
        }
        let state = found.window.map(|_| found.state);
        Ok(BatchEvent { payload, context, entries, state, schema })
    }

    /// The JSON at a place; empty when the value is missing.
    pub(crate) fn json(&self, span: JsonSpan) -> &str {
        let json = self.payload.get(span.start as usize..span.end as usize);
        json.and_then(|json| std::str::from_utf8(json).ok()).unwrap_or_default()
    }
}

impl EventSchema {
    fn by_text(&self, event: &str, entry: &mut RecordEntry) -> Option<Box<str>> {
        entry.id_json = match &entry.spans {
            Ok(spans) => spans.id,
            Err(_) => JsonSpan::within(event, self.id_of(entry.whole.of(event))?),
        };
        text(entry.id_json.of(event)).filter(|id| !id.is_empty()).map(Into::into)
    }

    /// Looks for the identifier of a record that is odd.
    #[cold]
    fn id_of<'a>(&self, record: &'a str) -> Option<&'a str> {
        match self.id.split_once('.') {
            Some((outer, inner)) => find_field(find_field(record, outer)?, inner),
            None => find_field(record, self.id),
        }
    }
}

// What is told of events that cannot be taken.
impl EventSchema {
    fn check_source(&self, source: &str) -> Result<(), ErrorReport> {
        // Without any, it is taken for one of ours.
        let named = text(source);
        let ours = |source| source == self.service || self.other_names.contains(&source);
        if source.is_empty() || named.as_deref().is_some_and(ours) {
            return Ok(());
        }
        Err(self.other_source(source))
    }

    #[cold]
    fn other_source(&self, source: &str) -> ErrorReport {
        let (named, takes) = (text(source), self.service);
        let is_name = |named: &&str| is_aws_service_name(named) || *named == "SelfManagedKafka";
        let source = named.as_deref().filter(is_name).unwrap_or("another source");
        ErrorReport::unmarshal(format!("the event is of {source}, and this function takes events of {takes}"))
    }

    #[cold]
    fn no_event(&self, error: &dyn fmt::Display) -> ErrorReport {
        let error = redact_values(&error.to_string());
        ErrorReport::unmarshal(format!("this is no event of {}: {error}", self.service))
    }

    #[cold]
    fn no_records(&self, source: Option<&str>) -> ErrorReport {
        let is = source.map_or(String::new(), |source| format!(" of {source}"));
        let EventSchema { records, service, .. } = self;
        ErrorReport::unmarshal(format!("the event{is} has no `{records}`: this function takes events of {service}"))
    }

    #[cold]
    fn no_id(&self, at: usize) -> ErrorReport {
        ErrorReport::unmarshal(format!(
            "{}[{at}] has no `{}` that is {}: a record that cannot be reported would be lost, so the whole batch \
             fails; this function takes events of {}",
            self.records, self.id, self.id_kind, self.service
        ))
    }
}

/// One record on its way to its handler, as record layers see it. It is `Clone`, so that tower's retry fits around a
/// record; a clone shares the event.
#[derive(Clone)]
pub struct RawRecord {
    pub(crate) event: Arc<BatchEvent>,
    pub(crate) index: usize,
}

impl RawRecord {
    pub(crate) fn new(event: &Arc<BatchEvent>, index: usize) -> RawRecord {
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

    /// The payload's bytes, before they are decoded: an SQS body, a stream's new image, Kafka's value.
    ///
    /// # Errors
    ///
    /// When the record has none, or one of a wrong type.
    pub fn payload(&self) -> Result<Cow<'_, [u8]>, DecodeError> {
        (self.event.schema.bytes)(self)
    }

    /// How often the record was delivered, this time included, where the source tells.
    pub fn receive_count(&self) -> Option<u32> {
        (self.event.schema.receive_count)(self)
    }

    /// The whole record, as JSON.
    pub fn json(&self) -> &str {
        self.event.json(self.entry().whole)
    }

    pub(crate) fn entry(&self) -> &RecordEntry {
        &self.event.entries[self.index]
    }

    /// What the source found in it.
    pub(crate) fn spans(&self) -> Result<&RecordSpans, DecodeError> {
        self.entry().spans.as_ref().map_err(|reason| self.decode_error(format!("invalid record: {reason}")))
    }

    /// A decode error of this record.
    pub(crate) fn decode_error(&self, reason: impl fmt::Display) -> DecodeError {
        DecodeError::new(reason).of(self)
    }
}

impl fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRecord").field("id", &self.entry().id).finish_non_exhaustive()
    }
}

/// What a record is called: an SQS message id, a stream's sequence number, Kafka's partition and offset. It comes from a
/// record, and cannot be made.
#[derive(Clone)]
pub struct RecordId(RawRecord);

impl RecordId {
    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.0.entry().id
    }

    /// Its place in this batch; `None` when it is of another.
    pub(crate) fn index_in(&self, event: &Arc<BatchEvent>) -> Option<usize> {
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
pub(crate) fn batch_failed(message: String) -> ErrorReport {
    Error::named("BatchFailed", message).into()
}
