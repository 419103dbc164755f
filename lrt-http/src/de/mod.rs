//! Deserializes path parameters and query strings into any type that implements `Deserialize`.

mod error;
mod pairs;
mod value;
mod values;

pub use error::InvalidValue;
pub(crate) use pairs::{Pair, PairSource, Pairs};
