//! Any `Serialize` as a DynamoDB item: each attribute with its type, as
//! [AttributeValue](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html) says.
//!
//! It is the inverse of the decoder in `lrt`, so what a function takes is what a test gives.
//!
//! 1. `attribute`: one value, and its type.
//! 2. `compound`: what lies within lists and maps.
//! 3. `key`: the names in a map.
//! 4. `set`: a list as `SS`, `NS` or `BS`.

mod attribute;
mod compound;
mod key;
mod set;
#[cfg(test)]
mod tests;

pub use set::Set;

use attribute::Attribute;
use serde::{Serialize, ser};
use serde_json::{Map, Value};
use std::fmt;

/// Writes an item.
///
/// # Errors
///
/// When it is no struct or map, or has something in it that is no attribute.
pub(super) fn item(item: &impl Serialize) -> Result<Map<String, Value>, ItemError> {
    match item.serialize(Attribute)? {
        Value::Object(mut attribute) => match attribute.remove("M") {
            Some(Value::Object(item)) => Ok(item),
            _ => Err(ItemError("an item is a struct or a map, and this is neither".to_owned())),
        },
        _ => unreachable!("an attribute is an object of its type"),
    }
}

/// Why something is no item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ItemError(String);

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the item cannot be written for DynamoDB: {}", self.0)
    }
}

impl std::error::Error for ItemError {}

impl ser::Error for ItemError {
    fn custom<T: fmt::Display>(message: T) -> ItemError {
        ItemError(message.to_string())
    }
}
