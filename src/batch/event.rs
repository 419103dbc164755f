//! Finds the records of an event, and the fields of each record, as spans of the event's bytes.
//!
//! Nothing is decoded or copied, so a malformed field does not fail records that do not read it.

use super::payload::DecodeError;
use super::results::Results;
use super::window_state::WindowEvent;
use bytes::Bytes;
use lrt_core::__private::json::redact::{is_aws_service_name, redact_values};
use lrt_core::__private::json::{JsonCursor, decode_string, fields};
use lrt_core::{Context, ErrorReport};
use serde::de::Error as _;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The span of a JSON value in the event; empty if the value is missing. An event is at most 6 MB, so 32 bits are
/// enough.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JsonSpan {
    start: u32,
    end: u32,
}

impl JsonSpan {
    /// Returns the span of the value that `reader` has just read.
    pub(crate) fn before(reader: &JsonCursor<'_>, value: &str) -> JsonSpan {
        let end = reader.at();
        JsonSpan { start: (end - value.len()) as u32, end: end as u32 }
    }

    /// Returns the span of `value`, which is a part of `event`.
    fn within(event: &str, value: &str) -> JsonSpan {
        let start = (value.as_ptr() as usize).wrapping_sub(event.as_ptr() as usize);
        JsonSpan { start: start as u32, end: (start + value.len()) as u32 }
    }

    /// Returns the part of `event` that this span refers to.
    pub(crate) fn of(self, event: &str) -> &str {
        event.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Returns the position of its first byte.
    pub(crate) fn start(self) -> u32 {
        self.start
    }

    fn is_empty(self) -> bool {
        self.end == 0
    }
}

/// The fields that a source looks for in one record.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordSpans {
    /// The identifier: a message id, a sequence number, an offset.
    pub(crate) id: JsonSpan,
    /// The identifier that EventBridge Pipes uses for stream records.
    pub(crate) event_id: JsonSpan,
    /// The service that the record is from.
    pub(crate) source: JsonSpan,
    /// The payload: SQS's body, a stream's new image.
    pub(crate) payload: JsonSpan,
    /// A stream's old image.
    pub(crate) old_image: JsonSpan,
    /// The key that records are ordered by.
    pub(crate) key: JsonSpan,
    /// The service's metadata: SQS's attributes, a stream's event name, Kafka's partition.
    pub(crate) attributes: JsonSpan,
    /// The sender's metadata.
    pub(crate) message_attributes: JsonSpan,
    /// The creation time.
    pub(crate) time: JsonSpan,
    /// The identity that made a change; SQS's receipt handle.
    pub(crate) identity: JsonSpan,
    /// The view type of a stream.
    pub(crate) view: JsonSpan,
    /// The ARN of the queue or stream; Kafka's topic.
    pub(crate) arn: JsonSpan,
}

/// A record of an event.
#[derive(Clone, Debug)]
pub(crate) struct RecordEntry {
    pub(crate) id: Box<str>,
    /// The identifier as the response reports it. For Kafka, the name of the partition, if the event has it.
    pub(crate) id_json: JsonSpan,
    /// The record's fields, or the reason why they cannot be read.
    pub(crate) spans: Result<RecordSpans, Box<str>>,
    /// The entire record.
    pub(crate) json: JsonSpan,
    /// Bytes in place of the payload that the event contains.
    pub(crate) replacement: Option<Box<Replacement>>,
}

/// The payload of a record in place of the one in its event.
#[derive(Clone, Debug)]
pub(crate) struct Replacement {
    pub(crate) payload: Bytes,
    /// The partition key of a record that was aggregated with others.
    pub(crate) partition_key: Option<Box<str>>,
    /// The record in the event that was delivered, for a record that a layer has changed.
    pub(crate) delivered: Option<RawRecord>,
}

/// An event with the positions of its records, which all records share.
pub(crate) struct BatchEvent {
    pub(crate) payload: Bytes,
    pub(crate) context: Context,
    pub(crate) entries: Vec<RecordEntry>,
    /// The tumbling window that the event belongs to.
    pub(crate) window: Option<Arc<WindowEvent>>,
    /// The ARN of the Kafka cluster that the event is from.
    pub(crate) cluster_arn: Option<Arc<str>>,
    /// The addresses of its servers, separated by commas.
    #[cfg_attr(not(feature = "idempotency"), allow(dead_code))]
    pub(crate) bootstrap_servers: Option<Arc<str>>,
    /// True if the event is a bare array of records, as EventBridge Pipes sends it.
    pub(crate) is_pipe: bool,
    pub(crate) schema: &'static EventSchema,
    /// The results of transformed records; empty for other sources.
    pub(crate) results: Results,
    /// True if the function takes the record, which is decoded before the function is called.
    #[cfg_attr(not(feature = "idempotency"), allow(dead_code))]
    pub(crate) decodes_record: bool,
    /// The reason why the idempotency key of its only record cannot be computed.
    pub(crate) key_error: Option<Arc<DecodeError>>,
}

/// The part of a source that describes its events.
pub(crate) trait SourceSchema {
    /// The schema of its events.
    const SCHEMA: &'static EventSchema;

    /// The schema of its events if their records are the changes of a DynamoDB table.
    const CHANGES: &'static EventSchema = Self::SCHEMA;
}

/// Returns a record's identifier, and stores the JSON that the response reports. Returns `None` if the record cannot be
/// reported.
pub(crate) type Identify = fn(&EventSchema, &str, &mut RecordEntry) -> Option<Box<str>>;

/// Reads the records of an event, without identifying them.
pub(crate) type ReadRecords = fn(&mut JsonCursor<'_>, &EventSchema) -> Result<Vec<RecordEntry>, serde_json::Error>;

/// Describes the events of a source.
pub(crate) struct EventSchema {
    /// The source, as in a record's `eventSource`: `aws:sqs`.
    pub(crate) service: &'static str,
    /// Other values of `eventSource`.
    pub(crate) other_names: &'static [&'static str],
    /// The event's field with the records.
    pub(crate) records: &'static str,
    /// Reads the value of that field.
    pub(crate) read: ReadRecords,
    /// Returns true for an event without that field that is known to have no records.
    pub(crate) is_empty: fn(&str) -> bool,
    /// The path of the field that identifies a record.
    pub(crate) id: &'static str,
    /// The type of that field, for error messages.
    pub(crate) id_type: &'static str,
    /// Identifies a record.
    pub(crate) identify: Identify,
    /// Writes a record's identifier into the response.
    pub(crate) write_id: fn(&mut Vec<u8>, &BatchEvent, &RecordEntry),
    /// The fields of a record.
    pub(crate) fields: &'static [SchemaField],
    /// Returns the bytes of a record's payload.
    pub(crate) bytes: fn(&RawRecord) -> Result<Cow<'_, [u8]>, DecodeError>,
    /// Replaces aggregated records with the records in them.
    pub(crate) split: Option<fn(&mut Arc<BatchEvent>)>,
    /// True if the payload of a record is the entire record.
    pub(crate) payload_is_record: bool,
    /// Returns the number of times a record was delivered, if the source counts deliveries.
    pub(crate) receive_count: fn(&RawRecord) -> Option<u32>,
    /// Returns the part of a record that its idempotency key is computed from.
    #[cfg_attr(not(feature = "idempotency"), allow(dead_code))]
    pub(crate) key_content: fn(&RawRecord) -> Result<KeyContent<'_>, DecodeError>,
}

/// The part of a record that its idempotency key is computed from.
#[cfg_attr(not(feature = "idempotency"), allow(dead_code))]
pub(crate) enum KeyContent<'a> {
    Payload(Cow<'a, [u8]>),
    /// The new image of a changed item, in DynamoDB's JSON.
    Item(Cow<'a, str>),
    /// The value of a tombstone.
    Absent,
}

impl EventSchema {
    /// Default functions, for a list of records that are each identified by a string.
    pub(crate) const LIST: EventSchema = EventSchema {
        service: "",
        other_names: &[],
        records: "Records",
        read: read_records,
        is_empty: |_| false,
        id: "",
        id_type: "a string",
        identify: EventSchema::identify_by_string,
        write_id: |out, event, entry| out.extend_from_slice(event.json(entry.id_json).as_bytes()),
        fields: &[],
        bytes: |record| Ok(Cow::Borrowed(record.json().as_bytes())),
        split: None,
        payload_is_record: false,
        receive_count: |_| None,
        key_content: |record| record.payload().map(KeyContent::Payload),
    };
}

/// A field of a record: either its span is stored, or it is an object whose fields are searched.
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

/// The fields of an event.
#[derive(Default)]
struct ParsedEvent<'a> {
    /// The records, without their identifiers.
    records: Option<Vec<RecordEntry>>,
    is_pipe: bool,
    source: Option<&'a str>,
    has_window: bool,
    is_final: bool,
    /// The state of the window; empty if the event has none.
    state: &'a str,
    cluster_arn: Option<&'a str>,
    bootstrap_servers: Option<&'a str>,
}

impl<'a> ParsedEvent<'a> {
    /// Parses `{"Records": […]}`, or the bare array that EventBridge Pipes sends
    /// ([batching](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html)).
    fn parse(event: &'a str, schema: &EventSchema) -> Result<ParsedEvent<'a>, serde_json::Error> {
        let mut parsed = ParsedEvent::default();
        let mut reader = JsonCursor::new(event);
        if reader.peek() == Some(b'[') {
            parsed.records = Some(read_records(&mut reader, schema)?);
            parsed.is_pipe = true;
        } else {
            let mut rest = reader.open(b'{', &"an event with records")?;
            while let Some(name) = reader.next_name(&mut rest)? {
                if name == schema.records && reader.peek() != Some(b'n') {
                    // Only one of two lists would be handled, and both would be acknowledged.
                    if parsed.records.is_some() {
                        return Err(serde_json::Error::duplicate_field(schema.records));
                    }
                    parsed.records = Some((schema.read)(&mut reader, schema)?);
                    continue;
                }
                let value = Some(reader.skip()?).filter(|value| *value != "null");
                match &*name {
                    "eventSource" => parsed.source = value,
                    "window" => parsed.has_window = value.is_some(),
                    "isFinalInvokeForWindow" => parsed.is_final = value == Some("true"),
                    "state" => parsed.state = value.unwrap_or_default(),
                    "eventSourceArn" => parsed.cluster_arn = value,
                    "bootstrapServers" => parsed.bootstrap_servers = value,
                    _ => {}
                }
            }
        }
        reader.end()?;
        Ok(parsed)
    }
}

/// Reads an array of records. A malformed record does not affect the others, as long as it is JSON.
pub(crate) fn read_records(
    reader: &mut JsonCursor<'_>,
    schema: &EventSchema,
) -> Result<Vec<RecordEntry>, serde_json::Error> {
    let mut records = Vec::new();
    let mut rest = reader.open(b'[', &"an array of records")?;
    while reader.next(&mut rest)? {
        let start = *reader;
        let mut spans = RecordSpans::default();
        let spans = match read_fields(reader, schema.fields, &mut spans) {
            Ok(()) => Ok(spans),
            Err(error) => {
                *reader = start;
                reader.skip()?;
                Err(error.to_string().into())
            }
        };
        let json = JsonSpan { start: start.at() as u32, end: reader.at() as u32 };
        records.push(RecordEntry { id: Box::default(), id_json: JsonSpan::default(), spans, json, replacement: None });
    }
    Ok(records)
}

/// Reads the fields of a record that is not part of an event.
fn read_record(json: &[u8], schema: &EventSchema) -> Result<RecordSpans, Box<str>> {
    let json = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    let (mut reader, mut spans) = (JsonCursor::new(json), RecordSpans::default());
    let read = read_fields(&mut reader, schema.fields, &mut spans).and_then(|()| reader.end());
    read.map(|()| spans).map_err(|error| error.to_string().into())
}

/// Stores the spans of a record's fields, regardless of their types.
///
/// # Errors
///
/// Returns an error if a field is repeated: the handler would see one of its values, and the record would be
/// acknowledged for both.
fn read_fields(
    reader: &mut JsonCursor<'_>,
    fields: &[SchemaField],
    spans: &mut RecordSpans,
) -> Result<(), serde_json::Error> {
    let mut seen = 0_u32;
    let mut rest = reader.open(b'{', &"an object")?;
    while let Some(name) = reader.next_raw_name(&mut rest)? {
        // `next_name` reports the same error. It would make the parsing of a batch cost 5 % more.
        let name = name.decode().ok_or_else(|| serde_json::Error::custom("lone leading surrogate in hex escape"))?;
        let Some(index) = fields.iter().position(|field| field.name().as_bytes() == &*name) else {
            reader.skip()?;
            continue;
        };
        if seen & (1 << index) != 0 {
            return Err(serde_json::Error::duplicate_field(fields[index].name()));
        }
        seen |= 1 << index;
        match &fields[index] {
            SchemaField::Within(_, inner) if reader.peek() != Some(b'n') => read_fields(reader, inner, spans)?,
            SchemaField::Within(..) => drop(reader.skip()?),
            SchemaField::At(name, span) => {
                let value = reader.skip()?;
                if value != "null" {
                    let span = span(spans);
                    // A second field under another name or at another position.
                    if !span.is_empty() {
                        return Err(serde_json::Error::duplicate_field(name));
                    }
                    *span = JsonSpan::before(reader, value);
                }
            }
        }
    }
    Ok(())
}

impl BatchEvent {
    /// Finds the records of an event.
    ///
    /// # Errors
    ///
    /// Returns a `Runtime.UnmarshalError` if the event is not from the source, or if a record has no identifier: it could not be
    /// reported as failed, so it would be lost.
    pub(crate) fn find(
        payload: Bytes,
        context: Context,
        schema: &'static EventSchema,
    ) -> Result<BatchEvent, ErrorReport> {
        let event = std::str::from_utf8(&payload).map_err(|error| schema.invalid_event(&error))?;
        let parsed = ParsedEvent::parse(event, schema).map_err(|error| schema.invalid_event(&error))?;
        if let Some(source) = parsed.source {
            schema.check_source(source)?;
        }
        let mut entries = match parsed.records {
            Some(records) => records,
            None if (schema.is_empty)(event) => Vec::new(),
            None => return Err(schema.no_records()),
        };
        let has_event_ids = parsed.is_pipe && schema.fields.iter().any(|field| field.name() == "eventID");
        for (index, entry) in entries.iter_mut().enumerate() {
            if let Ok(spans) = &entry.spans {
                schema.check_source(spans.source.of(event))?;
            }
            let id = (schema.identify)(schema, event, entry).ok_or_else(|| schema.no_id(index))?;
            entry.id = id;
            if has_event_ids && !use_event_id(event, entry) {
                return Err(schema.no_id(index));
            }
        }
        let window = parsed.has_window.then(|| {
            let state = payload.slice_ref(parsed.state.as_bytes());
            Arc::new(WindowEvent::new(payload.clone(), state, parsed.is_final))
        });
        let cluster_arn = parsed.cluster_arn.and_then(decode_string).map(Into::into);
        let bootstrap_servers = parsed.bootstrap_servers.and_then(decode_string).map(Into::into);
        let is_pipe = parsed.is_pipe;
        Ok(BatchEvent {
            payload,
            context,
            entries,
            window,
            cluster_arn,
            bootstrap_servers,
            is_pipe,
            schema,
            results: Results::default(),
            decodes_record: false,
            key_error: None,
        })
    }

    /// Returns the JSON at a span; empty if the value is missing.
    pub(crate) fn json(&self, span: JsonSpan) -> &str {
        let json = self.payload.get(span.start as usize..span.end as usize);
        json.and_then(|json| std::str::from_utf8(json).ok()).unwrap_or_default()
    }
}

/// Makes the response report a stream record by its event id, as [Pipes
/// requires](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html), if it has
/// one. Returns false if the event id is ambiguous.
fn use_event_id(event: &str, entry: &mut RecordEntry) -> bool {
    let event_id = match &entry.spans {
        Ok(spans) => spans.event_id.of(event),
        Err(_) => {
            let mut ids = values(entry.json.of(event), "eventID").peekable();
            if ids.peek().is_none() {
                return true;
            }
            match only(ids) {
                Some(id) => id,
                None => return false,
            }
        }
    };
    if decode_string(event_id).is_some_and(|id| !id.is_empty()) {
        entry.id_json = JsonSpan::within(event, event_id);
    }
    true
}

/// Returns the values of a field, which may be repeated.
fn values<'a>(object: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    fields(object).filter(move |(field, _)| field == name).map(|(_, value)| value)
}

/// Returns the common value of `values`, if all of them are equal.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Returns the value of a field of a record, unless the field is repeated with different values.
pub(crate) fn only_value<'a>(record: &'a str, name: &'a str) -> Option<&'a str> {
    only(values(record, name))
}

impl EventSchema {
    fn identify_by_string(&self, event: &str, entry: &mut RecordEntry) -> Option<Box<str>> {
        entry.id_json = match &entry.spans {
            Ok(spans) => spans.id,
            Err(_) => JsonSpan::within(event, self.find_id(entry.json.of(event))?),
        };
        decode_string(entry.id_json.of(event)).filter(|id| !id.is_empty()).map(Into::into)
    }

    /// Searches a malformed record for its identifier.
    #[cold]
    fn find_id<'a>(&'a self, record: &'a str) -> Option<&'a str> {
        match self.id.split_once('.') {
            Some((outer, inner)) => {
                let nested = values(record, outer).flat_map(|object| values(object, inner));
                only(nested.chain(values(record, inner)))
            }
            None => only_value(record, self.id),
        }
    }
}

// Errors of events that cannot be handled.
impl EventSchema {
    fn check_source(&self, source: &str) -> Result<(), ErrorReport> {
        let name = decode_string(source);
        let is_own = |name| name == self.service || self.other_names.contains(&name);
        // Events without a source, such as hand-written ones, are accepted.
        if source.is_empty() || name.as_deref().is_some_and(is_own) {
            return Ok(());
        }
        Err(self.wrong_source(source))
    }

    #[cold]
    fn wrong_source(&self, source: &str) -> ErrorReport {
        let (name, service) = (decode_string(source), self.service);
        // Any other text may be a secret.
        let is_service_name = |name: &&str| is_aws_service_name(name) || *name == "SelfManagedKafka";
        let source = name.as_deref().filter(is_service_name).unwrap_or("another source");
        ErrorReport::unmarshal(format!("expected an event from {service}, got one from {source}"))
    }

    #[cold]
    fn invalid_event(&self, error: &dyn fmt::Display) -> ErrorReport {
        let error = redact_values(&error.to_string());
        ErrorReport::unmarshal(format!("invalid event: {error} (expected an event from {})", self.service))
    }

    #[cold]
    fn no_records(&self) -> ErrorReport {
        let EventSchema { records, service, .. } = self;
        ErrorReport::unmarshal(format!("invalid event: missing field `{records}` (expected an event from {service})"))
    }

    #[cold]
    fn no_id(&self, index: usize) -> ErrorReport {
        let EventSchema { records, id, id_type, service, .. } = self;
        ErrorReport::unmarshal(format!(
            "invalid event: {records}[{index}] has no unambiguous `{id}` (expected {id_type}, in an event from {service}). \
             The whole batch fails, since this record could not be reported as failed"
        ))
    }
}

/// A record, as record layers see it.
///
/// It is `Clone`, so that tower's retry can repeat it; a clone shares the event.
#[derive(Clone)]
pub struct RawRecord {
    pub(crate) event: Arc<BatchEvent>,
    pub(crate) index: usize,
}

impl RawRecord {
    pub(crate) fn new(event: &Arc<BatchEvent>, index: usize) -> RawRecord {
        RawRecord { event: Arc::clone(event), index }
    }

    /// Returns the record's identifier.
    pub fn id(&self) -> RecordId {
        RecordId(self.clone())
    }

    /// Returns the context of the invocation.
    pub fn context(&self) -> &Context {
        &self.event.context
    }

    /// Returns the bytes that the payload is decoded from: SQS's body, the data of a Kinesis record, Kafka's value. For
    /// DynamoDB streams and S3, these are the bytes of the entire record. A layer can replace them with
    /// [`with_payload`](RawRecord::with_payload).
    ///
    /// # Errors
    ///
    /// Returns an error if the record has no payload, or one of the wrong type.
    pub fn payload(&self) -> Result<Cow<'_, [u8]>, DecodeError> {
        match &self.entry().replacement {
            Some(replacement) => Ok(Cow::Borrowed(&replacement.payload)),
            None => (self.event.schema.bytes)(self),
        }
    }

    /// Returns the record with other bytes as its payload, for layers that decrypt, decompress or fetch payloads.
    ///
    /// The function decodes these bytes, which do not have to be UTF-8, not even for SQS. All other fields, such as the
    /// identifier and the attributes, are unchanged. For DynamoDB streams and S3, the bytes take the place of the entire record:
    /// they are the JSON of a record, such as one with changed images.
    ///
    /// tower's filters turn functions into such layers, synchronous ones (`FilterLayer`) and asynchronous ones
    /// (`AsyncFilterLayer`). An error fails the record:
    ///
    /// ```
    /// use lrt::batch::RawRecord;
    /// use lrt::testing::events;
    /// use lrt::{BoxError, Error};
    /// use tower::filter::{AsyncFilterLayer, FilterLayer};
    ///
    /// async fn process(order: u64) -> Result<(), Error> {
    ///     if order == 7 { Ok(()) } else { Err(Error::msg("another order")) }
    /// }
    ///
    /// /// Removes the prefix that the producer adds.
    /// fn unframe(record: RawRecord) -> Result<RawRecord, BoxError> {
    ///     let order = record.payload()?.strip_prefix(b"order:").ok_or("no prefix")?.to_vec();
    ///     Ok(record.with_payload(order.into()))
    /// }
    ///
    /// /// Fetches the payload from where the message points to.
    /// async fn fetch(record: RawRecord) -> Result<RawRecord, BoxError> {
    ///     let body = get(&record.payload()?).await?;
    ///     Ok(record.with_payload(body.into()))
    /// }
    /// # async fn get(key: &[u8]) -> Result<Vec<u8>, BoxError> { assert_eq!(key, b"key-1"); Ok(b"order:7".to_vec()) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let function = lrt::sqs(process)
    ///     .record_layer(AsyncFilterLayer::new(fetch))
    ///     .record_layer(FilterLayer::new(unframe));
    /// let outcome = function.harness().invoke(events::sqs().text("key-1")).await;
    /// assert!(outcome.batch_failures().is_empty());
    /// # }
    /// ```
    #[must_use]
    pub fn with_payload(self, payload: Bytes) -> RawRecord {
        let schema = self.event.schema;
        if schema.payload_is_record { self.with_record(payload, schema) } else { self.with_bytes(payload) }
    }

    fn with_bytes(self, payload: Bytes) -> RawRecord {
        let RecordEntry { id, id_json, spans, json, replacement } = self.entry();
        let partition_key = replacement.as_ref().and_then(|replacement| replacement.partition_key.clone());
        let delivered = Some(self.delivered().clone());
        let replacement = Some(Box::new(Replacement { payload, partition_key, delivered }));
        let entry = RecordEntry { id: id.clone(), id_json: *id_json, spans: spans.clone(), json: *json, replacement };
        self.in_event(self.event.payload.clone(), entry, self.event.schema)
    }

    /// Returns a record with the same identifier and another JSON, which has the fields of `schema`.
    pub(crate) fn with_record(&self, json: Bytes, schema: &'static EventSchema) -> RawRecord {
        let entry = RecordEntry {
            id: self.entry().id.clone(),
            id_json: JsonSpan::default(),
            spans: read_record(&json, schema),
            json: JsonSpan { start: 0, end: json.len() as u32 },
            replacement: Some(Box::new(Replacement {
                payload: json.clone(),
                partition_key: None,
                delivered: Some(self.delivered().clone()),
            })),
        };
        self.in_event(json, entry, schema)
    }

    /// Returns the record for a call of the function that is not protected, since the idempotency key cannot be computed. The
    /// function only sees it if it takes a `Result`, and the record does not decode into its type either. Otherwise the record fails
    /// with this error.
    #[cfg(feature = "idempotency")]
    pub(crate) fn with_key_error(self, error: DecodeError) -> RawRecord {
        let (payload, entry, schema) = (self.event.payload.clone(), self.entry().clone(), self.event.schema);
        let event = BatchEvent { key_error: Some(Arc::new(error)), ..self.only(payload, entry, schema) };
        RawRecord::new(&Arc::new(event), 0)
    }

    /// Returns the reason why the idempotency key of this record cannot be computed.
    pub(super) fn key_error(&self) -> Option<DecodeError> {
        self.event.key_error.as_ref().map(|error| error.copy())
    }

    /// Returns the only record of a new event.
    fn in_event(&self, payload: Bytes, entry: RecordEntry, schema: &'static EventSchema) -> RawRecord {
        RawRecord::new(&Arc::new(self.only(payload, entry, schema)), 0)
    }

    /// Returns an event with this record only.
    fn only(&self, payload: Bytes, entry: RecordEntry, schema: &'static EventSchema) -> BatchEvent {
        BatchEvent {
            payload,
            context: self.event.context.clone(),
            entries: vec![entry],
            window: self.event.window.clone(),
            cluster_arn: self.event.cluster_arn.clone(),
            bootstrap_servers: self.event.bootstrap_servers.clone(),
            is_pipe: self.event.is_pipe,
            schema,
            results: Results::default(),
            decodes_record: self.event.decodes_record,
            key_error: self.event.key_error.clone(),
        }
    }

    /// Returns the record as the service delivered it.
    pub(crate) fn delivered(&self) -> &RawRecord {
        self.entry().replacement.as_ref().and_then(|replacement| replacement.delivered.as_ref()).unwrap_or(self)
    }

    /// Returns the number of times the record was delivered, including this one, if the source counts deliveries.
    pub fn receive_count(&self) -> Option<u32> {
        (self.event.schema.receive_count)(self)
    }

    /// Returns the entire record as JSON: as the event contains it, or, for DynamoDB streams and S3, as a layer has replaced it
    /// with [`with_payload`](RawRecord::with_payload).
    pub fn json(&self) -> &str {
        self.event.json(self.entry().json)
    }

    pub(crate) fn entry(&self) -> &RecordEntry {
        &self.event.entries[self.index]
    }

    /// Returns the spans of the record's fields.
    pub(crate) fn spans(&self) -> Result<&RecordSpans, DecodeError> {
        self.entry().spans.as_ref().map_err(|error| self.decode_error(format_args!("invalid record: {error}")))
    }

    /// Returns the text of a field of the record; `None` if it is missing or not a string.
    pub(crate) fn text(&self, span: JsonSpan) -> Option<Cow<'_, str>> {
        decode_string(self.event.json(span))
    }

    /// Returns an error that concerns this record.
    pub(crate) fn decode_error(&self, message: impl fmt::Display) -> DecodeError {
        DecodeError::new(message).with_record(self)
    }
}

impl fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRecord").field("id", &self.entry().id).finish_non_exhaustive()
    }
}

/// The identifier of a record: an SQS message id, a stream's sequence number, Kafka's partition and offset.
///
/// For a record that the Kinesis Producer Library aggregated with others, it is the sequence number of the aggregated record and
/// the position in it, from 0: `49590338…136588898:2`.
///
/// It comes from a record, and cannot be created by hand.
#[derive(Clone)]
pub struct RecordId(RawRecord);

impl RecordId {
    /// Returns the identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0.entry().id
    }

    /// Returns the payload as the service delivered it, if there is one.
    pub(crate) fn delivered_payload(&self) -> Option<Bytes> {
        let record = self.0.delivered();
        record.payload().ok().map(|payload| Bytes::from(payload.into_owned()))
    }

    /// Returns the record.
    pub(crate) fn record(&self) -> &RawRecord {
        &self.0
    }

    /// Returns the record's index in `event`; `None` if it belongs to another event.
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

/// Parses milliseconds since 1970.
pub(crate) fn epoch_millis(millis: &str) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(millis.parse().ok()?))
}

/// Parses seconds since 1970, which may have a fraction, to the millisecond, since a float is not more precise.
pub(crate) fn epoch_seconds(seconds: &str) -> Option<SystemTime> {
    let seconds = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    let rounded = seconds.checked_add(Duration::from_micros(500))?;
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(rounded.as_millis()).ok()?))
}
