//! Conversions to events.

use super::{json, pattern};
use bytes::Bytes;
use serde_json::Value;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// An event for `Harness::invoke`.
///
/// | Type | Event |
/// |---|---|
/// | `json!({…})`, `&json!({…})` | this JSON |
/// | [`events::json(&order)`](super::events::json) | any value that implements `Serialize` |
/// | `"events/ada.json"`, a `Path` | the JSON in this file, relative to the crate |
/// | any other `&str`, `String`, bytes | this payload, which may be invalid JSON |
///
/// A string is a path if it ends with `.json` and does not start like a JSON object, array or string.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be converted to an event",
    label = "expected JSON, text, bytes or a path",
    note = "to use a value that implements `Serialize`, write `lrt::testing::events::json(&…)`"
)]
pub trait IntoEvent {
    /// Returns the bytes of the payload.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is in a file that cannot be read or contains invalid JSON, or if it cannot be
    /// serialized.
    fn into_event(self) -> Result<Bytes, EventError>;
}

/// An event that could not be read or built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventError(String);

impl EventError {
    pub(super) fn new(message: String) -> EventError {
        EventError(message)
    }
}

impl std::fmt::Display for EventError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EventError {}

impl IntoEvent for &Value {
    fn into_event(self) -> Result<Bytes, EventError> {
        Ok(self.to_string().into())
    }
}

impl IntoEvent for &str {
    fn into_event(self) -> Result<Bytes, EventError> {
        if self.ends_with(".json") && !self.trim_start().starts_with(['{', '[', '"']) {
            Path::new(self).into_event()
        } else {
            Ok(Bytes::copy_from_slice(self.as_bytes()))
        }
    }
}

impl IntoEvent for Bytes {
    fn into_event(self) -> Result<Bytes, EventError> {
        Ok(self)
    }
}

impl IntoEvent for &[u8] {
    fn into_event(self) -> Result<Bytes, EventError> {
        Ok(Bytes::copy_from_slice(self))
    }
}

impl<const N: usize> IntoEvent for &[u8; N] {
    fn into_event(self) -> Result<Bytes, EventError> {
        self.as_slice().into_event()
    }
}

impl IntoEvent for Vec<u8> {
    fn into_event(self) -> Result<Bytes, EventError> {
        Ok(self.into())
    }
}

impl IntoEvent for &Path {
    fn into_event(self) -> Result<Bytes, EventError> {
        read(&home_of(self), self)
    }
}

/// Implements `IntoEvent` through a deref coercion.
macro_rules! coerced {
    ($($From:ty => $To:ty,)*) => {$(
        impl IntoEvent for $From {
            fn into_event(self) -> Result<Bytes, EventError> {
                let event: $To = &self;
                event.into_event()
            }
        }
    )*};
}

coerced! {
    Value => &Value,
    String => &str,
    &String => &str,
    PathBuf => &Path,
    &PathBuf => &Path,
}

/// Returns the folder that relative paths start from, which is the crate. Cargo runs tests in this folder; if another
/// program runs them in a different folder, cargo's variable may contain it.
fn home_of(path: &Path) -> PathBuf {
    match env::var_os("CARGO_MANIFEST_DIR") {
        Some(manifest) if !path.exists() => manifest.into(),
        _ => env::current_dir().unwrap_or_default(),
    }
}

/// Reads the JSON at `path`. Messages contain the path as the test specified it.
pub(super) fn read(home: &Path, path: &Path) -> Result<Bytes, EventError> {
    let file = home.join(path);
    let shown = path.display();
    if file.is_dir() {
        let contents = pattern::contents(&file);
        return Err(EventError(format!(
            "cannot read event {shown}: expected a file, found a folder that holds {contents}"
        )));
    }
    let bytes = fs::read(&file).map_err(|error| match file.parent() {
        Some(folder) if folder.is_dir() && !file.exists() => {
            let contents = pattern::contents(folder);
            EventError(format!("cannot read event {shown}: file not found ({} holds {contents})", folder.display()))
        }
        _ => EventError(format!("cannot read event {shown} in {}: {error}", home.display())),
    })?;
    json::check(&bytes).map_err(|error| EventError(format!("invalid JSON in event {shown}: {error}")))?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_is_a_path_only_if_it_cannot_be_json() {
        for text in ["{\"a\":1}", "[1]", "{ x.json", "\"x.json", "7", "", "plain text", "a.json "] {
            assert_eq!(text.into_event().unwrap(), text, "{text}");
        }
        for path in ["x.json", "01.json", "true.json", "-.json", " x.json", ".json"] {
            let error = path.into_event().unwrap_err().to_string();
            assert!(error.starts_with(&format!("cannot read event {path}: file not found (")), "{error}");
        }
    }
}
