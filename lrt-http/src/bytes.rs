//! What is done to bytes in many places. std has it, and would write it out at each of them.

use bytes::Bytes;
use http::StatusCode;

/// Appends bytes, where that is not done for each request: it takes a call.
#[inline(never)]
pub(crate) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

/// The bytes of a vector. `Bytes::from` is 200 bytes wherever it is called.
#[inline(never)]
pub(crate) fn shared(bytes: Vec<u8>) -> Bytes {
    bytes.into()
}

/// The three digits of a status. `StatusCode::as_str` brings a table of them all (2.7 KB).
pub(crate) fn digits(status: StatusCode) -> [u8; 3] {
    let status = status.as_u16();
    [status / 100, status / 10 % 10, status % 10].map(|digit| b'0' + digit as u8)
}

/// What a status is called. `StatusCode::canonical_reason` finds it in tables of 3.4 KB; these texts are 1 KB.
#[inline(never)]
pub(crate) fn reason(status: StatusCode) -> Option<&'static str> {
    let at = REASONS.as_bytes().windows(3).position(|text| text == digits(status))?;
    let reason = &REASONS[at + 4..];
    Some(&reason[..reason.bytes().position(|byte| byte == b'\n').unwrap_or(reason.len())])
}

/// As the crate http has them, in step with IANA's list.
const REASONS: &str = "\
100 Continue
101 Switching Protocols
102 Processing
103 Early Hints
200 OK
201 Created
202 Accepted
203 Non Authoritative Information
204 No Content
205 Reset Content
206 Partial Content
207 Multi-Status
208 Already Reported
226 IM Used
300 Multiple Choices
301 Moved Permanently
302 Found
303 See Other
304 Not Modified
305 Use Proxy
307 Temporary Redirect
308 Permanent Redirect
400 Bad Request
401 Unauthorized
402 Payment Required
403 Forbidden
404 Not Found
405 Method Not Allowed
406 Not Acceptable
407 Proxy Authentication Required
408 Request Timeout
409 Conflict
410 Gone
411 Length Required
412 Precondition Failed
413 Payload Too Large
414 URI Too Long
415 Unsupported Media Type
416 Range Not Satisfiable
417 Expectation Failed
418 I'm a teapot
421 Misdirected Request
422 Unprocessable Entity
423 Locked
424 Failed Dependency
425 Too Early
426 Upgrade Required
428 Precondition Required
429 Too Many Requests
431 Request Header Fields Too Large
451 Unavailable For Legal Reasons
500 Internal Server Error
501 Not Implemented
502 Bad Gateway
503 Service Unavailable
504 Gateway Timeout
505 HTTP Version Not Supported
506 Variant Also Negotiates
507 Insufficient Storage
508 Loop Detected
510 Not Extended
511 Network Authentication Required";

/// Whether two texts differ in the case of ASCII letters at most.
#[inline(never)]
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    // Nearly always they are the same, and that is told many bytes at a time.
    a == b || a.eq_ignore_ascii_case(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_called_what_http_calls_it() {
        for status in (100..1000).filter_map(|status| StatusCode::from_u16(status).ok()) {
            assert_eq!(reason(status), status.canonical_reason(), "{status}");
        }
    }
}
