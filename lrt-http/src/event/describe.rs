//! What an event is that no HTTP origin sent, or another one than the function's.

use super::scan::{Broken, Cursor};
use super::value::Value;
use crate::bytes::is_same;
use crate::origin::{Accepts, Origin};
use lrt_core::Report;
use lrt_core::serde_text::is_service;
use std::borrow::Cow;

#[cold]
pub(super) fn other_event(accepts: Accepts, event: &[u8]) -> Report {
    let mut cursor = Cursor::new(event);
    Report::unmarshal(match describe(&mut cursor) {
        Ok(came) => {
            let takes = accepts.names();
            format!("the function takes {takes}, and the event is no HTTP request: it is {came}")
        }
        Err(Broken) => format!("the event is no JSON behind byte {}", cursor.at()),
    })
}

#[cold]
pub(super) fn other_origin(accepts: Accepts, origin: Origin) -> Report {
    let (takes, came, kind) = (accepts.names(), origin.name(), origin.kind());
    let cure = match accepts {
        Accepts::Streaming => "leave out `streaming`, which that cannot do".to_owned(),
        _ => format!("write `#[lambda({kind})]`, or `#[lambda(http)]` to take every origin's"),
    };
    Report::unmarshal(format!("the function takes {takes}, and the event is that of {came}: {cure}"))
}

/// What it is, for the one who wired it to the function.
fn describe(event: &mut Cursor<'_>) -> Result<Cow<'static, str>, Broken> {
    if !event.enter(b'{') {
        return if event.peek() == 0 { Err(Broken) } else { Ok("no JSON object".into()) };
    }
    let mut came = String::from("an object of ");
    let mut count = 0;
    while let Some((name, value)) = event.member()? {
        // As in `fields`.
        let is = |text: &[u8]| name.inner() == text;
        let known = match () {
            _ if is(b"Records") => source(value),
            _ if is(b"detail-type") => Some("an event of EventBridge".into()),
            _ if is(b"methodArn") || is(b"routeArn") => Some("that of a Lambda authorizer".into()),
            _ => None,
        };
        if let Some(known) = known {
            return Ok(known);
        }
        count += 1;
        if count <= 6 {
            came.push_str(if count > 1 { ", `" } else { "`" });
            came.push_str(&name.lossy());
            came.push('`');
        }
    }
    Ok(if count > 0 { came.into() } else { "an empty object".into() })
}

/// Records, by the `eventSource` of the first.
fn source(records: Value<'_>) -> Option<Cow<'static, str>> {
    let mut records = Cursor::of(records);
    let mut record = match records.enter(b'[').then(|| records.element()) {
        Some(Ok(Some(record))) => Cursor::of(record),
        _ => return None,
    };
    if record.enter(b'{') {
        while let Ok(Some((name, value))) = record.member() {
            if is_same(name.inner(), b"eventSource") {
                let source = String::from_utf8_lossy(value.plain());
                return Some(match is_service(&source) {
                    true => format!("a batch of records of {source}").into(),
                    false => "a batch of records".into(),
                });
            }
        }
    }
    None
}
