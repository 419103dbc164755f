//! Conversion of items for programs.

use super::attribute;
use crate::batch::payload::DecodeError;
use lrt_core::__private::dynamodb_item;
use lrt_core::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Decodes an item in DynamoDB's JSON, like the image of a [`Change`](super::Change).
///
/// ```
/// use lrt::dynamodb::{from_item, to_item};
/// use serde_json::json;
///
/// #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
/// struct Product { name: String, price: f64, tags: Vec<String> }
///
/// # fn main() -> Result<(), lrt::Error> {
/// let tea = Product { name: "tea".to_owned(), price: 3.5, tags: vec!["green".to_owned()] };
/// let item = json!({"name": {"S": "tea"}, "price": {"N": "3.5"}, "tags": {"L": [{"S": "green"}]}});
/// assert_eq!(to_item(&tea)?, item);
/// assert_eq!(from_item::<Product>(&item)?, tea);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error with the path of the attribute that does not fit the type.
pub fn from_item<T: DeserializeOwned>(item: &Value) -> Result<T, DecodeError> {
    attribute::item(&item.to_string()).map_err(DecodeError::new)
}

/// Encodes a struct or a map as an item in DynamoDB's JSON. A field that is a [`Set`](crate::dynamodb::Set) becomes a set.
///
/// See [AttributeValue](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html).
///
/// # Errors
///
/// Returns an error if the value is not a struct or a map, or contains a value that DynamoDB has no attribute type for.
pub fn to_item(item: &impl Serialize) -> Result<Value, Error> {
    Ok(Value::Object(dynamodb_item::item(item)?))
}
