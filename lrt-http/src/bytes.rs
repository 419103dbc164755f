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

/// Whether two texts differ in the case of ASCII letters at most.
#[inline(never)]
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    // Nearly always they are the same, and that is told many bytes at a time.
    a == b || a.eq_ignore_ascii_case(b)
}
