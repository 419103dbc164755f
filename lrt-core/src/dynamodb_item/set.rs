//! DynamoDB sets: strings, numbers or binary values of one type.

use super::{ItemError, tagged};
use serde::ser::{Error, Serialize, Serializer};
use serde_json::Value;

/// The serde name that distinguishes a [`Set`] from other newtypes.
pub(super) const SET: &str = "$lrt::dynamodb::Set";

/// Serializes a sequence as a DynamoDB set (`SS`, `NS`, `BS`) instead of a list (`L`).
///
/// For fields of structs that are used as items. All other formats, including `json!`, see the plain sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set<T>(pub T);

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(SET, &self.0)
    }
}

/// Converts a list to a set.
pub(super) fn of(list: Value) -> Result<Value, ItemError> {
    let elements = list.get("L").and_then(Value::as_array).ok_or_else(invalid_set)?;
    let set = ["S", "N", "B"].into_iter().find_map(|tag| {
        let values: Option<Vec<Value>> = elements.iter().map(|element| element.get(tag).cloned()).collect();
        Some(tagged(&format!("{tag}S"), values.filter(|values| !values.is_empty())?))
    });
    set.ok_or_else(invalid_set)
}

fn invalid_set() -> ItemError {
    ItemError::custom("invalid set (expected a non-empty sequence of only strings, only numbers or only binary values)")
}
