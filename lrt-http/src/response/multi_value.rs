//! Headers with a list of values: REST APIs, HTTP APIs with format 1.0, WebSocket APIs, and load balancers whose target group
//! has multi-value headers enabled.

use super::{LossyHeaders, for_each_header, header_value};
use http::response::Parts;

/// Writes `"multiValueHeaders"`, and the comma that follows it.
pub(super) fn write_headers(out: &mut Vec<u8>, parts: &Parts, lossy: &mut LossyHeaders) {
    out.extend_from_slice(br#""multiValueHeaders":{"#);
    let start = out.len();
    for_each_header(parts, |name, value, is_first| {
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
        lossy.count_value(header_value::write(out, value));
        out.push(b'"');
    });
    if out.len() > start {
        out.push(b']');
    }
    out.extend_from_slice(b"},");
}
