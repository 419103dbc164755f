//! Serializes any value as a DynamoDB item, with the types of
//! [AttributeValue](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html).
//!
//! The inverse of the decoder in `lrt`: a function receives the values that a test passed, or that a program wrote with
//! `lrt::dynamodb::to_item`.
//!
//! 1. `attribute`: values and their types.
//! 2. `key`: keys of maps.
//! 3. `set`: lists as `SS`, `NS` or `BS`.

mod attribute;
mod key;
mod set;
#[cfg(test)]
mod tests;

pub use set::Set;

use attribute::Attribute;
use serde::{Serialize, ser};
use serde_json::{Map, Value};
use std::fmt;

/// Serializes an item.
///
/// # Errors
///
/// Returns an error if the value is not a struct or map, or contains a value that DynamoDB has no attribute type for.
pub fn item(item: &impl Serialize) -> Result<Map<String, Value>, ItemError> {
    match item.serialize(Attribute)? {
        Value::Object(mut attribute) => match attribute.remove("M") {
            Some(Value::Object(item)) => Ok(item),
            _ => Err(ItemError("expected a struct or a map".to_owned())),
        },
        _ => unreachable!("`Attribute` serializes every value as an object"),
    }
}

/// Returns a value with its type.
fn tagged(tag: &str, value: impl Into<Value>) -> Value {
    Map::from_iter([(tag.to_owned(), value.into())]).into()
}

/// An item that DynamoDB cannot store.
#[derive(Debug, PartialEq, Eq)]
pub struct ItemError(String);

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot serialize the item for DynamoDB: {}", self.0)
    }
}

impl std::error::Error for ItemError {}

impl ser::Error for ItemError {
    fn custom<T: fmt::Display>(message: T) -> ItemError {
        ItemError(message.to_string())
    }
}
