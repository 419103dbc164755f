//! The body of an answer.

use super::json;
use crate::bytes::{is_same, put};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use lrt_core::base64::encode;

/// Writes `"isBase64Encoded"` and `"body"`: text if the body is UTF-8 and not encoded, base64 otherwise.
///
/// A content encoding that happens to be UTF-8 would be text to the origin, and some of them compress text.
pub(super) fn write(out: &mut Vec<u8>, headers: &HeaderMap, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(text) if !is_encoded(headers) => {
            out.extend_from_slice(br#""isBase64Encoded":false,"body":"#);
            out.reserve(text.len() + 8);
            json::string(out, text);
        }
        _ => {
            put(out, br#""isBase64Encoded":true,"body":""#);
            encode(out, body);
            out.push(b'"');
        }
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !is_same(encoding.as_bytes(), b"identity"))
}
