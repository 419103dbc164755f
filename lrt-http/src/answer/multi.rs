//! Answers with all values of a header in a list: REST APIs, HTTP APIs in format 1.0, WebSocket APIs and load balancers
//! whose target group has multi-value headers on.

use super::{Lost, json, runs};
use http::response::Parts;

/// Writes `"multiValueHeaders"`.
#[inline(never)]
pub(super) fn headers(out: &mut Vec<u8>, parts: &Parts, lost: &mut Lost) {
    out.extend_from_slice(br#""multiValueHeaders":{"#);
    let start = out.len();
    runs(parts, |name, value, is_first| {
        if !is_first {
            out.extend_from_slice(b",\"");
        } else {
            if out.len() > start {
                out.extend_from_slice(b"],");
            }
            out.push(b'"');
            out.extend_from_slice(name.as_ref());
            out.extend_from_slice(b"\":[\"");
        }
        lost.value(json::value(out, value));
        out.push(b'"');
    });
    if out.len() > start {
        out.push(b']');
    }
    out.extend_from_slice(b"},");
}
