//! Headers with a single string: payload format 2.0 (with a separate list of cookies), VPC Lattice, and load balancers
//! whose target group has multi-value headers disabled.

use super::{LossyHeaders, for_each_header, header_value};
use http::header::SET_COOKIE;
use http::response::Parts;
use http::{HeaderMap, HeaderName};

/// The number of spellings of `set-cookie` that differ in case.
const SPELLINGS: usize = 1 << "setcookie".len();

/// Writes `"headers"` without its closing brace and without cookies, and returns the number of cookies.
///
/// Repeated values are joined by commas, as in [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-5.3). Cookies
/// cannot be joined.
pub(super) fn write_headers(out: &mut Vec<u8>, parts: &Parts, lossy: &mut LossyHeaders) -> usize {
    out.extend_from_slice(br#""headers":{"#);
    let start = out.len();
    let mut cookies = 0;
    for_each_header(parts, |name, value, is_first| {
        if *name == SET_COOKIE {
            cookies += 1;
            return;
        }
        if is_first {
            if out.len() > start {
                out.extend_from_slice(b"\",");
            }
            write_name(out, name);
        } else {
            out.push(b',');
        }
        lossy.count_value(header_value::write(out, value));
    });
    if out.len() > start {
        out.push(b'"');
    }
    cookies
}

/// Closes the headers, and writes the `"cookies"` of payload format 2.0. An empty list is written as well, since some emulators
/// reject responses without it.
pub(super) fn write_cookies_list(out: &mut Vec<u8>, headers: &HeaderMap, cookies: usize, lossy: &mut LossyHeaders) {
    out.extend_from_slice(br#"},"cookies":["#);
    if cookies > 0 {
        for (at, cookie) in headers.get_all(SET_COOKIE).iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
            lossy.count_value(header_value::write(out, cookie));
            out.push(b'"');
        }
    }
    out.extend_from_slice(b"],");
}

/// Writes the cookies as headers, and closes the headers.
///
/// A header has one value in this format, but header names are case-insensitive and JSON members are not. So each
/// cookie gets a different spelling of `set-cookie` (`set-cookie`, `Set-cookie`, `sEt-cookie`). No origin guarantees
/// that this works, so more than one cookie causes a warning.
pub(super) fn write_cookies_in_headers(
    out: &mut Vec<u8>,
    headers: &HeaderMap,
    cookies: usize,
    lossy: &mut LossyHeaders,
) {
    if cookies > 0 {
        let is_first = out.ends_with(b"{");
        for (at, cookie) in headers.get_all(SET_COOKIE).iter().take(cookies.min(SPELLINGS)).enumerate() {
            if at > 0 || !is_first {
                out.push(b',');
            }
            let start = out.len();
            write_name(out, &SET_COOKIE);
            let letters = out[start..].iter_mut().filter(|byte| byte.is_ascii_lowercase());
            for (_, letter) in letters.enumerate().filter(|(letter, _)| (at >> letter) & 1 == 1) {
                letter.make_ascii_uppercase();
            }
            lossy.count_value(header_value::write(out, cookie));
            out.push(b'"');
        }
        lossy.cookies = cookies - 1;
    }
    out.extend_from_slice(b"},");
}

/// Writes the name of a header, and the opening quote of its value.
fn write_name(out: &mut Vec<u8>, name: &HeaderName) {
    out.push(b'"');
    out.extend_from_slice(name.as_ref());
    out.extend_from_slice(b"\":\"");
}
