//! Records that the Kinesis Producer Library aggregated from several: a magic number, a Protobuf message, and its MD5 digest
//! ([the format](https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md)).
//!
//! ```proto
//! message AggregatedRecord {
//!   repeated string partition_key_table     = 1;
//!   repeated string explicit_hash_key_table = 2;
//!   repeated Record records                 = 3;
//! }
//! message Record {
//!   required uint64 partition_key_index     = 1;
//!   optional uint64 explicit_hash_key_index = 2;
//!   required bytes  data                    = 3;
//!   repeated Tag    tags                    = 4;
//! }
//! ```

use super::event::{BatchEvent, RawRecord, RecordEntry, Replacement};
use bytes::Bytes;
use std::mem;
use std::sync::Arc;

const MAGIC: &[u8] = &[0xF3, 0x89, 0x9A, 0xC2];

/// The base64 of the magic number, up to the bits that depend on the byte after it, as it begins in JSON.
const MAGIC_JSON: &str = "\"84maw";

const DIGEST_BYTES: usize = 16;

/// Replaces each aggregated record of an event with the records in it. Their order is the same, and their response reports the
/// aggregated record.
pub(super) fn split(event: &mut Arc<BatchEvent>) {
    let is_candidate =
        |entry: &RecordEntry| entry.spans.as_ref().is_ok_and(|spans| event.json(spans.payload).starts_with(MAGIC_JSON));
    if !event.entries.iter().any(is_candidate) {
        return;
    }
    let parts: Vec<Option<Vec<RecordEntry>>> = (0..event.entries.len())
        .map(|index| is_candidate(&event.entries[index]).then(|| split_record(&RawRecord::new(event, index))).flatten())
        .collect();
    let Some(event) = Arc::get_mut(event) else { return };
    for (entry, parts) in mem::take(&mut event.entries).into_iter().zip(parts) {
        match parts {
            Some(parts) => event.entries.extend(parts),
            None => event.entries.push(entry),
        }
    }
}

/// Returns the records in an aggregated record; `None` for any other record.
fn split_record(record: &RawRecord) -> Option<Vec<RecordEntry>> {
    let data = Bytes::from(record.payload().ok()?.into_owned());
    let parts = parse(&data)?;
    let part = |(number, part): (usize, Part<'_>)| RecordEntry {
        id: format!("{}:{number}", record.entry().id).into(),
        id_json: record.entry().id_json,
        spans: record.entry().spans.clone(),
        json: record.entry().json,
        replacement: Some(Box::new(Replacement {
            payload: data.slice_ref(part.data),
            partition_key: Some(part.partition_key.into()),
            delivered: None,
        })),
    };
    Some(parts.into_iter().enumerate().map(part).collect())
}

/// A record in an aggregated record.
#[derive(Debug, PartialEq)]
struct Part<'a> {
    partition_key: &'a str,
    data: &'a [u8],
}

/// Parses an aggregated record. Returns `None` for other data, whose first bytes may be those of the magic number as well, and for
/// an aggregated record without records.
fn parse(data: &[u8]) -> Option<Vec<Part<'_>>> {
    let rest = data.strip_prefix(MAGIC)?;
    let (message, digest) = rest.split_at_checked(rest.len().checked_sub(DIGEST_BYTES)?)?;
    if md5::compute(message).0 != *digest {
        return None;
    }
    let (mut keys, mut records) = (Vec::new(), Vec::new());
    let mut fields = ProtobufReader(message);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(key)) => keys.push(std::str::from_utf8(key).ok()?),
            (3, Value::Bytes(record)) => records.push(record),
            _ => {}
        }
    }
    let part = |record| {
        let (key, data) = parse_part(record)?;
        Some(Part { partition_key: keys.get(usize::try_from(key).ok()?)?, data })
    };
    records.into_iter().map(part).collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty())
}

/// Returns the index of a record's partition key, and the record's data.
fn parse_part(record: &[u8]) -> Option<(u64, &[u8])> {
    let (mut key, mut data) = (None, None);
    let mut fields = ProtobufReader(record);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Varint(index)) => key = Some(index),
            (3, Value::Bytes(bytes)) => data = Some(bytes),
            _ => {}
        }
    }
    Some((key?, data?))
}

/// Reads the fields of a message ([encoding](https://protobuf.dev/programming-guides/encoding/)).
struct ProtobufReader<'a>(&'a [u8]);

enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

impl<'a> ProtobufReader<'a> {
    /// Returns the number and the value of the next field, or `Some(None)` at the end; `None` if the message is malformed.
    fn next(&mut self) -> Option<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some(Some((tag >> 3, value)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The records `1` and `2` with the keys `a` and `b`, with an explicit hash key and a tag.
    const MESSAGE: &[u8] =
        b"\x0A\x01a\x0A\x01b\x12\x010\x1A\x05\x08\x00\x1A\x011\x1A\x0B\x08\x01\x10\x00\x1A\x012\x22\x02\x0A\x00";

    fn aggregated(message: &[u8]) -> Vec<u8> {
        [MAGIC, message, &md5::compute(message).0].concat()
    }

    #[test]
    fn records_have_their_keys_and_data() {
        let data = aggregated(MESSAGE);
        let parts = [Part { partition_key: "a", data: b"1" }, Part { partition_key: "b", data: b"2" }];
        assert_eq!(parse(&data).unwrap(), parts);
    }

    #[test]
    fn data_with_another_digest_is_not_aggregated() {
        let mut data = aggregated(MESSAGE);
        *data.last_mut().unwrap() ^= 1;
        assert_eq!(parse(&data), None);
    }

    #[test]
    fn malformed_messages_are_not_aggregated() {
        let too_large_index = b"\x0A\x01a\x1A\x05\x08\x07\x1A\x011";
        let without_data = b"\x0A\x01a\x1A\x02\x08\x00";
        let without_key = b"\x0A\x01a\x1A\x03\x1A\x011";
        let key_that_is_not_utf8 = b"\x0A\x01\xFF\x1A\x05\x08\x00\x1A\x011";
        let endless_varint = b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01";
        let groups = b"\x0B";
        let messages: [&[u8]; 7] =
            [b"", too_large_index, without_data, without_key, key_that_is_not_utf8, endless_varint, groups];
        for message in messages {
            assert_eq!(parse(&aggregated(message)), None, "{message:?}");
        }
        for end in 0..MAGIC.len() + DIGEST_BYTES {
            assert_eq!(parse(&aggregated(b"")[..end]), None);
        }
    }

    proptest! {
        #[test]
        fn any_message_is_parsed_without_a_panic(message in proptest::collection::vec(any::<u8>(), 0..64)) {
            let data = aggregated(&message);
            let _ = parse(&data);
        }

        #[test]
        fn message_that_is_cut_off_never_has_more_records(end in 0..MESSAGE.len()) {
            let data = aggregated(&MESSAGE[..end]);
            prop_assert!(parse(&data).is_none_or(|parts| parts.len() < 2));
        }
    }
}
