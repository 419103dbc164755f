//! The context of a decision, in the encoding of each API.

use crate::extract::RESERVED;
use lrt_core::__private::json::escape::write_string;
use lrt_core::__private::json::{JsonCursor, JsonValue};
use lrt_core::ErrorReport;

/// Maximum size of a context. AWS does not document one: this is the limit for policies.
const MAX_CONTEXT_BYTES: usize = 8 * 1024;

/// The types of a context's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Strings. Nested values are JSON in a string.
    Strings,
    /// Any JSON.
    Json,
}

/// Writes `,"context":{…}`, or nothing if the context is empty. `user` is the user as JSON.
///
/// # Errors
///
/// Returns an error if the user is not an object, has a reserved member, or exceeds the limit.
pub(super) fn write_context(user: &str, encoding: Encoding, out: &mut Vec<u8>) -> Result<(), ErrorReport> {
    let mut cursor = JsonCursor::new(user);
    let Some(mut members) = cursor.enter(b'{') else {
        if user == "null" {
            return Ok(());
        }
        let message = "the user of an authorizer is not an object: `Allow<User>` takes a struct, a map or `()`";
        return Err(ErrorReport::marshal(message));
    };
    let start = out.len();
    while let Some((name, value)) = cursor.next_member(&mut members).map_err(ErrorReport::marshal)? {
        if let Some(reserved) = RESERVED.iter().find(|reserved| name.inner() == reserved.as_bytes()) {
            let message = format!("the user of an authorizer has a member `{reserved}`, which API Gateway sets itself");
            return Err(ErrorReport::marshal(message));
        }
        if value.is_null() {
            continue;
        }
        out.extend_from_slice(if out.len() == start { br#","context":{"# } else { b"," });
        write_quoted(name.inner(), out);
        out.push(b':');
        match (value, encoding) {
            (JsonValue::Text(text), _) => write_quoted(text.inner(), out),
            (JsonValue::Scalar(text), Encoding::Strings) => write_quoted(text.as_bytes(), out),
            (JsonValue::Nested(json), Encoding::Strings) => write_string(out, json),
            (JsonValue::Scalar(json) | JsonValue::Nested(json), Encoding::Json) => {
                out.extend_from_slice(json.as_bytes())
            }
            (JsonValue::Null, _) => {}
        }
    }
    if out.len() == start {
        return Ok(());
    }
    out.push(b'}');
    let size = out.len() - start - br#","context":"#.len();
    if size > MAX_CONTEXT_BYTES {
        let message = format!("the user of the authorizer is too large: {size} bytes (limit: {MAX_CONTEXT_BYTES})");
        return Err(ErrorReport::marshal(message));
    }
    Ok(())
}

/// Writes a string whose characters are already escaped.
fn write_quoted(inner: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(inner);
    out.push(b'"');
}
