//! Values out of text: what path parameters and a query become.

mod entry;
mod error;
mod pairs;
mod percent;
mod scalar;

pub use error::InvalidValue;
pub(crate) use pairs::{Pair, Pairs, Shape};
pub(crate) use percent::{decode, decode_form};
