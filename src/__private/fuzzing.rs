//! Private parsers for the targets in `fuzz/`. Compiled with `--cfg fuzzing` only.

use serde::de::DeserializeOwned;

/// Decodes a DynamoDB item.
///
/// # Errors
///
/// Returns the message of the error.
pub fn dynamodb_item<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    crate::batch::dynamodb::attribute::item(json).map_err(|error| error.to_string())
}
