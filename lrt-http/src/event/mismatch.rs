//! Errors for events that are not HTTP events, or come from an origin that the function does not accept.

use crate::origin::{AcceptedOrigins, Origin};
use lrt_core::__private::json::path::shown_name;
use lrt_core::__private::json::redact::is_aws_service_name;
use lrt_core::__private::json::{JsonCursor, JsonValue};
use lrt_core::ErrorReport;
use std::borrow::Cow;

#[cold]
pub(super) fn unexpected_event(accepts: AcceptedOrigins, event: &[u8]) -> ErrorReport {
    unexpected(&format!("an event from {}", accepts.description()), event)
}

/// The error of an authorizer for any other event.
#[cold]
pub(super) fn no_authorizer_event(event: &[u8]) -> ErrorReport {
    unexpected("an event for an authorizer of API Gateway", event)
}

fn unexpected(expected: &str, event: &[u8]) -> ErrorReport {
    let mut cursor = JsonCursor::new(std::str::from_utf8(event).unwrap_or_default());
    let found = describe(&mut cursor).unwrap_or("an object".into());
    ErrorReport::unmarshal(format!("expected {expected}, got {found}"))
}

#[cold]
pub(super) fn invalid_json(error: &serde_json::Error) -> ErrorReport {
    ErrorReport::unmarshal(format!("invalid JSON: {error}"))
}

#[cold]
pub(super) fn unexpected_origin(accepts: AcceptedOrigins, origin: Origin) -> ErrorReport {
    let help = match accepts {
        AcceptedOrigins::Streaming => "It does not support response streaming: remove `streaming`".to_owned(),
        _ => format!("Write `#[lambda({})]`, or `#[lambda(http)]` to accept every source", origin.kind()),
    };
    let (expected, found) = (accepts.description(), origin.description());
    ErrorReport::unmarshal(format!("expected an event from {expected}, got one from {found}. {help}"))
}

/// Describes an event that is not an HTTP event.
fn describe(event: &mut JsonCursor<'_>) -> Result<Cow<'static, str>, serde_json::Error> {
    let Some(mut object) = event.enter(b'{') else { return Ok("a JSON value that is not an object".into()) };
    let mut members = String::from("an object with the members ");
    let mut count = 0;
    while let Some((name, value)) = event.next_member(&mut object)? {
        let known = match name.inner() {
            b"Records" => describe_records(value),
            b"detail-type" => Some("an EventBridge event".into()),
            b"methodArn" | b"routeArn" => Some("a Lambda authorizer event".into()),
            _ => None,
        };
        if let Some(known) = known {
            return Ok(known);
        }
        count += 1;
        if count <= 6 {
            members.push_str(if count > 1 { ", `" } else { "`" });
            members.push_str(shown_name(&name.lossy()));
            members.push('`');
        }
    }
    Ok(if count > 0 { members.into() } else { "an empty object".into() })
}

/// Describes a batch of records by the `eventSource` of the first record.
fn describe_records(records: JsonValue<'_>) -> Option<Cow<'static, str>> {
    let mut records = JsonCursor::nested(records);
    let mut array = records.enter(b'[')?;
    let mut record = JsonCursor::nested(records.next_element(&mut array).ok()??);
    let mut object = record.enter(b'{')?;
    while let Some((name, value)) = record.next_member(&mut object).ok()? {
        if name.inner().eq_ignore_ascii_case(b"eventSource") {
            let source = String::from_utf8_lossy(value.plain());
            return Some(match is_aws_service_name(&source) {
                true => format!("a batch of records from {source}").into(),
                false => "a batch of records".into(),
            });
        }
    }
    None
}
