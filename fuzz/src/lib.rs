//! Helpers of the fuzz targets.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Splits bytes into pieces, whose sizes depend on `seed` and are small most of the time.
pub fn split(mut bytes: &[u8], seed: u64) -> impl Iterator<Item = &[u8]> {
    let mut state = seed;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        // The generator of Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = 1 << (state >> 60);
        is_done = bytes.len() <= size;
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        bytes = rest;
        Some(piece)
    })
}

/// Runs a future on a runtime of this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime of one thread can be started");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// Returns true if an object of a JSON text has a name twice. serde_json's `Value` keeps the last value only.
pub fn has_repeated_names(json: &str) -> bool {
    serde_json::from_str::<UniqueNames>(json).is_err_and(|error| error.to_string().starts_with(REPEATED))
}

const REPEATED: &str = "repeated name";

/// JSON without repeated names.
struct UniqueNames;

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<UniqueNames, D::Error> {
        deserializer.deserialize_any(UniqueNames)
    }
}

impl<'de> Visitor<'de> for UniqueNames {
    type Value = UniqueNames;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueNames, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, UniqueNames)) = map.next_entry::<String, _>()? {
            if !names.insert(name) {
                return Err(A::Error::custom(REPEATED));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<UniqueNames, A::Error> {
        while seq.next_element::<UniqueNames>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueNames, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueNames, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueNames, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueNames, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueNames, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<UniqueNames, E> {
        Ok(self)
    }
}
