//! Deserializes path parameters, query strings and the contexts of authorizers into any type that implements `Deserialize`.

mod context;
mod error;
mod pairs;
mod value;
mod values;

pub(crate) use context::ContextValue;
pub use error::InvalidValue;
pub(crate) use pairs::{Pair, PairSource, Pairs};
