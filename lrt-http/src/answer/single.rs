//! Answers with one string for each header: payload format 2.0, which has the cookies apart, VPC Lattice, and load
//! balancers whose target group has multi-value headers off.

use super::{Lost, json, runs};
use crate::bytes::put;
use http::header::SET_COOKIE;
use http::response::Parts;
use http::{HeaderMap, HeaderName};

/// How often the name of a header can be written, each time with other letters in upper case.
const SPELLINGS: usize = 1 << "setcookie".len();

/// Writes `"headers"`, with repeated values joined by commas, as [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)
/// has it, and without the cookies, which no comma can join.
#[inline(never)]
pub(super) fn headers(out: &mut Vec<u8>, parts: &Parts, lost: &mut Lost) -> usize {
    out.extend_from_slice(br#""headers":{"#);
    let start = out.len();
    let mut cookies = 0;
    runs(parts, |name, value, is_first| {
        if *name == SET_COOKIE {
            cookies += 1;
            return;
        }
        if is_first {
            if out.len() > start {
                out.extend_from_slice(b"\",");
            }
            open(out, name);
        } else {
            out.push(b',');
        }
        lost.value(json::value(out, value));
    });
    if out.len() > start {
        out.push(b'"');
    }
    cookies
}

/// Ends the headers, and writes the `"cookies"` of payload format 2.0. They are there even if there are none: some
/// emulators fail an answer without them.
pub(super) fn cookies_apart(out: &mut Vec<u8>, headers: &HeaderMap, cookies: usize, lost: &mut Lost) {
    put(out, br#"},"cookies":["#);
    if cookies > 0 {
        for (at, cookie) in headers.get_all(SET_COOKIE).iter().enumerate() {
            put(out, if at > 0 { b",\"" } else { b"\"" });
            lost.value(json::value(out, cookie));
            out.push(b'"');
        }
    }
    put(out, b"],");
}

/// Ends the headers with the cookies among them.
///
/// There can be one value of a name. But a name has no case, and the fields of a JSON object do: so each cookie's
/// `set-cookie` is spelled in another way (`set-cookie`, `Set-cookie`, `sEt-cookie`). That is no promise of any origin,
/// so more than one is told in the log.
#[inline(never)]
pub(super) fn cookies_among(out: &mut Vec<u8>, headers: &HeaderMap, cookies: usize, lost: &mut Lost) {
    if cookies > 0 {
        let is_first = out.ends_with(b"{");
        for (at, cookie) in headers.get_all(SET_COOKIE).iter().take(cookies.min(SPELLINGS)).enumerate() {
            if at > 0 || !is_first {
                out.push(b',');
            }
            let start = out.len();
            open(out, &SET_COOKIE);
            let letters = out[start..].iter_mut().filter(|byte| byte.is_ascii_lowercase());
            for (_, letter) in letters.enumerate().filter(|(letter, _)| (at >> letter) & 1 == 1) {
                letter.make_ascii_uppercase();
            }
            lost.value(json::value(out, cookie));
            out.push(b'"');
        }
        lost.cookies = cookies - 1;
    }
    put(out, b"},");
}

fn open(out: &mut Vec<u8>, name: &HeaderName) {
    out.push(b'"');
    out.extend_from_slice(name.as_ref());
    out.extend_from_slice(b"\":\"");
}
