//! What an event in a test may be written as.

use super::{json, pattern};
use bytes::Bytes;
use serde_json::Value;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// An event for [`Harness::invoke`](super::Harness::invoke).
///
/// | event | is |
/// |---|---|
/// | `json!({…})`, `&json!({…})` | this JSON |
/// | [`events::json(&order)`](super::events::json) | anything that is `Serialize` |
/// | `"events/ada.json"`, a `Path` | the file's JSON. The path is relative to the crate |
/// | any other `&str`, `String`, bytes | the payload as it is, be it JSON or not |
///
/// A text is taken for a path when it ends in `.json` and does not begin like JSON: no JSON ends so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event for a test",
    label = "neither JSON, text, bytes nor a path",
    note = "anything that is `Serialize` is one through `lrt::testing::events::json(&…)`"
)]
pub trait IntoEvent {
    /// The payload's bytes.
    ///
    /// # Errors
    ///
    /// When the event is in a file that cannot be read, or is no JSON.
    fn into_event(self) -> Result<Bytes, EventError>;
}

/// Why there is no event, in words for the author of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventError(String);

impl EventError {
    pub(super) fn new(why: String) -> EventError {
        EventError(why)
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

/// What is an event as what it coerces to.
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

/// The folder that a path in a test is relative to: the crate, which is where cargo runs tests. Where something else runs
/// them, cargo's variable may still tell.
fn home_of(path: &Path) -> PathBuf {
    match env::var_os("CARGO_MANIFEST_DIR") {
        Some(manifest) if !path.exists() => manifest.into(),
        _ => env::current_dir().unwrap_or_default(),
    }
}

/// Reads the JSON at `path`, which messages name as it was written.
pub(super) fn read(home: &Path, path: &Path) -> Result<Bytes, EventError> {
    let file = home.join(path);
    let shown = path.display();
    if file.is_dir() {
        let contents = pattern::contents(&file);
        return Err(EventError(format!("{shown} is a folder, and an event is a file: the folder holds {contents}")));
    }
    let bytes = fs::read(&file).map_err(|error| match file.parent() {
        Some(folder) if folder.is_dir() && !file.exists() => {
            let contents = pattern::contents(folder);
            EventError(format!("there is no event {shown}: {} holds {contents}", folder.display()))
        }
        _ => EventError(format!("the event {shown} cannot be read in {}: {error}", home.display())),
    })?;
    json::check(&bytes).map_err(|why| EventError(format!("the event {shown} is no JSON: {why}")))?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_path_only_if_it_cannot_be_json() {
        for text in ["{\"a\":1}", "[1]", "{ x.json", "\"x.json", "7", "", "plain text", "a.json "] {
            assert_eq!(text.into_event().unwrap(), text, "{text}");
        }
        for path in ["x.json", "01.json", "true.json", "-.json", " x.json", ".json"] {
            let error = path.into_event().unwrap_err().to_string();
            assert!(error.starts_with(&format!("there is no event {path}: ")), "{error}");
        }
    }
}
