//! Tests of the types that items decode into.

mod enums;
mod errors;
mod numbers;
mod properties;
mod types;
mod written;

use super::item;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// Decodes the attribute `a` of an item without other attributes.
#[track_caller]
fn attribute<T: DeserializeOwned>(value: &str) -> T {
    only(value).unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// Returns the error of the attribute `a`.
#[track_caller]
fn wrong<T: DeserializeOwned + fmt::Debug>(value: &str) -> String {
    only::<T>(value).expect_err(value).strip_suffix(" at a").expect("the path is a").to_owned()
}

fn only<T: DeserializeOwned>(value: &str) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Only<T> {
        a: T,
    }
    item::<Only<T>>(&format!(r#"{{"a":{value}}}"#)).map(|only| only.a).map_err(|error| error.to_string())
}

/// Like serde_bytes' type: requests bytes, and also accepts a sequence or a string.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(bytes.to_vec()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
        Ok(Bytes(text.as_bytes().to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(Bytes(bytes))
    }
}
