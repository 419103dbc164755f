//! What an event is that no HTTP origin sent, or another one than the function's.

use super::scan::{Broken, Cursor};
use super::value::Value;
use crate::origin::{Accepts, Origin};
use lrt_core::Report;
use serde::de::IgnoredAny;

#[cold]
pub(super) fn other_event(accepts: Accepts, event: &[u8]) -> Report {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(event) {
        return Report::unmarshal(error);
    }
    let takes = accepts.names();
    let came = describe(event).unwrap_or_default();
    Report::unmarshal(format!("the function takes {takes}, and the event is no HTTP request: it is {came}"))
}

#[cold]
pub(super) fn other_origin(accepts: Accepts, origin: Origin) -> Report {
    let (takes, came, kind) = (accepts.names(), origin.name(), origin.kind());
    Report::unmarshal(format!(
        "the function takes {takes}, and the event is that of {came}: \
         write `#[lambda({kind})]`, or `#[lambda(http)]` to take every origin's"
    ))
}

/// What it is, for the one who wired it to the function.
fn describe(event: &[u8]) -> Result<String, Broken> {
    let mut names = Vec::new();
    let mut cursor = Cursor::new(event);
    if !cursor.enter(b'{') {
        return Ok("no JSON object".to_owned());
    }
    while let Some((name, value)) = cursor.member()? {
        match name.inner() {
            b"Records" => {
                if let Some(source) = source(value) {
                    return Ok(format!("a batch of records of {source}"));
                }
            }
            b"detail-type" => return Ok("an event of EventBridge".to_owned()),
            b"methodArn" | b"routeArn" => return Ok("that of a Lambda authorizer".to_owned()),
            _ => {}
        }
        if names.len() < 6 {
            names.push(format!("`{}`", name.lossy()));
        }
    }
    Ok(match names.is_empty() {
        true => "an empty object".to_owned(),
        false => format!("an object of {}", names.join(", ")),
    })
}

/// The `eventSource` of the first record.
fn source(records: Value<'_>) -> Option<String> {
    let mut records = Cursor::of(records);
    let mut record = match records.enter(b'[').then(|| records.element()) {
        Some(Ok(Some(record))) => Cursor::of(record),
        _ => return None,
    };
    if record.enter(b'{') {
        while let Ok(Some((name, value))) = record.member() {
            if name.inner().eq_ignore_ascii_case(b"eventSource") {
                return Some(String::from_utf8_lossy(value.plain()).into_owned());
            }
        }
    }
    None
}
