//! A record with its envelope.

use super::{Kafka, parts};
use crate::batch::args::FromRecord;
use crate::batch::event::{JsonSpan, RawRecord, RecordId};
use crate::batch::full_batch::Identified;
use crate::batch::json::{Reader, text};
use crate::batch::payload::{DecodeError, Payload, ViaResult, base64};
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A Kafka record with its envelope.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// The record's partition and offset: `orders-0:100`.
    pub id: RecordId,
    /// Its topic.
    pub topic: String,
    /// Its partition's number in the topic.
    pub partition: i32,
    /// Its place in the partition.
    pub offset: i64,
    /// Its key, where it has one.
    pub key: Option<Vec<u8>>,
    /// Its headers in their order, each a name and a value; a name may be there twice.
    pub headers: Vec<(String, Vec<u8>)>,
    /// When it was made, or appended to the topic: the topic's configuration says which.
    pub timestamp: Option<SystemTime>,
    /// The value, decoded; of a tombstone, `None` where this is an `Option`.
    pub value: T,
}

impl<T> Identified for Record<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}

/// The record is taken with its envelope.
#[derive(Debug)]
pub struct ViaKafkaRecord<M>(PhantomData<M>);

impl<P: Payload<M>, M> FromRecord<Kafka, ViaKafkaRecord<M>> for Record<P> {
    fn from_record(record: &RawRecord) -> Result<Record<P>, DecodeError> {
        let value = <P as FromRecord<Kafka, M>>::from_record(record).map_err(|error| error.of(record))?;
        let spans = record.spans()?;
        let json = |span| record.event.json(span);
        let id = record.id();
        let (of_topic, offset) = parts(id.as_str());
        // Topics may have dashes as well.
        let named = of_topic.rsplit_once('-');
        let topic = text(json(spans.arn)).map(|topic| topic.into_owned());
        Ok(Record {
            topic: topic.unwrap_or_else(|| named.map_or(of_topic, |(topic, _)| topic).to_owned()),
            partition: json(spans.attributes)
                .parse()
                .or_else(|error| named.map_or(Err(error), |(_, n)| n.parse()))
                .unwrap_or(0),
            offset: offset.parse().unwrap_or(0),
            key: key(record, spans.key)?,
            headers: headers(record, spans.message_attributes)?,
            timestamp: json(spans.time).parse().ok().and_then(epoch_ms),
            value,
            id,
        })
    }
}

/// A record whose value does not decode is for the handler to see.
impl<P: Payload<M>, M> FromRecord<Kafka, ViaResult<ViaKafkaRecord<M>>> for Result<Record<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Record::from_record(record).map_err(|error| error.of(record)))
    }
}

fn epoch_ms(ms: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

fn key(record: &RawRecord, key: JsonSpan) -> Result<Option<Vec<u8>>, DecodeError> {
    match record.event.json(key) {
        "" => Ok(None),
        _ => base64(record, key, "key").map(Some),
    }
}

/// `[{"name": [104, -1]}]`: bytes as Java has them, or as others do.
fn headers(record: &RawRecord, headers: JsonSpan) -> Result<Vec<(String, Vec<u8>)>, DecodeError> {
    let json = match record.event.json(headers) {
        "" => return Ok(Vec::new()),
        json => json,
    };
    read_headers(json)
        .map_err(|error| record.decode_error(format_args!("invalid Kafka record: malformed `headers`: {error}")))
}

fn read_headers(json: &str) -> serde_json::Result<Vec<(String, Vec<u8>)>> {
    let mut reader = Reader::new(json);
    let mut headers = Vec::new();
    let mut objects = reader.open(b'[', &"an array of headers")?;
    while reader.next(&mut objects)? {
        let mut fields = reader.open(b'{', &"a header")?;
        while let Some(name) = reader.next_name(&mut fields)? {
            headers.push((name.into_owned(), bytes(&mut reader)?));
        }
    }
    Ok(headers)
}

/// A header may have no value, which is as good as none.
fn bytes(reader: &mut Reader<'_>) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if reader.peek() == Some(b'n') {
        reader.skip()?;
        return Ok(bytes);
    }
    let mut rest = reader.open(b'[', &"an array of bytes")?;
    while reader.next(&mut rest)? {
        let json = reader.skip()?;
        bytes.push(byte(json).ok_or_else(|| serde::de::Error::custom("a value has what is no byte"))?);
    }
    Ok(bytes)
}

fn byte(json: &str) -> Option<u8> {
    let n: i16 = json.parse().ok()?;
    u8::try_from(n).ok().or_else(|| i8::try_from(n).ok().map(|signed| signed as u8))
}
