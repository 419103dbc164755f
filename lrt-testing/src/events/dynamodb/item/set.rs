//! DynamoDB's sets: lists of texts, of numbers or of bytes that are of one type.

use super::ItemError;
use super::attribute::tagged;
use serde::ser::{Error, Serialize, Serializer};
use serde_json::Value;

/// How a [`Set`] is told from another newtype.
pub(super) const SET: &str = "$lrt::testing::Set";

/// A sequence that is a set in DynamoDB (`SS`, `NS`, `BS`), not a list (`L`).
///
/// It is for items that are written as structs. To all other formats, `json!` among them, it is the sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set<T>(pub T);

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(SET, &self.0)
    }
}

/// Makes a set of a list.
pub(super) fn of(list: Value) -> Result<Value, ItemError> {
    let elements = list.get("L").and_then(Value::as_array).ok_or_else(|| wrong("a sequence"))?;
    let set = ["S", "N", "B"].into_iter().find_map(|tag| {
        let values: Option<Vec<Value>> = elements.iter().map(|element| element.get(tag).cloned()).collect();
        Some(tagged(&format!("{tag}S"), values.filter(|values| !values.is_empty())?))
    });
    set.ok_or_else(|| wrong("not empty, and all texts, all numbers or all bytes"))
}

fn wrong(is: &str) -> ItemError {
    ItemError::custom(format_args!("a set in DynamoDB is {is}"))
}
