//! Writes the body of a response.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use lrt_core::__private::json::escape::write_string;

/// Writes `"isBase64Encoded"` and `"body"`: text if the body is UTF-8 and has no content encoding, otherwise base64.
///
/// An encoded body that happens to be UTF-8 must not be sent as text, since some origins compress text themselves.
pub(super) fn write(out: &mut Vec<u8>, headers: &HeaderMap, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(text) if !is_encoded(headers) => {
            out.extend_from_slice(br#""isBase64Encoded":false,"body":"#);
            out.reserve(text.len() + 8);
            write_string(out, text);
        }
        _ => {
            out.extend_from_slice(br#""isBase64Encoded":true,"body":""#);
            out.extend_from_slice(STANDARD.encode(body).as_bytes());
            out.push(b'"');
        }
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}
