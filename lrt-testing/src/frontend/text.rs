//! Encodings, media types and times of requests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::time::{Duration, UNIX_EPOCH};

/// All characters except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Decodes percent-encoding. Invalid escapes are kept; invalid UTF-8 becomes U+FFFD.
pub fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Decodes a name or value of a query, in which a plus is a space.
pub fn query_decode(text: &str) -> String {
    percent_decode(&text.replace('+', " "))
}

/// Percent-encodes all characters except the unreserved ones.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Returns true if events contain a body of this type as text instead of base64.
///
/// These are the types that load balancers treat as text ([respond to the load
/// balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html)). The other
/// services are assumed to use the same types.
pub(crate) fn is_text(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.starts_with("text/") || matches!(&*media, "application/json" | "application/javascript" | "application/xml")
}

/// Formats the time of a request as API Gateway does: `12/Mar/2020:19:03:58 +0000`.
pub(crate) fn request_time(time: Duration) -> String {
    // `Thu, 12 Mar 2020 19:03:58 GMT`
    let date = httpdate::fmt_http_date(UNIX_EPOCH + time);
    let mut parts = date.split(' ').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    format!("{}/{}/{}:{} +0000", part(), part(), part(), part())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_decode_keeps_invalid_escapes() {
        for (text, expected) in [
            ("a%20b%C3%A4", "a bä"),
            ("%2f%2F", "//"),
            ("%2", "%2"),
            ("%", "%"),
            ("%+f%zz", "%+f%zz"),
            ("%25%41", "%A"),
            ("%ff", "\u{fffd}"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(percent_decode(text), expected, "{text}");
        }
        assert_eq!(query_decode("a+b%2B"), "a b+");
    }

    #[test]
    fn percent_encode_round_trips() {
        for text in ["", "a b+c&d=e%f", "ä/\u{0}\u{1f600}", "-._~"] {
            assert_eq!(query_decode(&percent_encode(text)), text);
        }
    }

    #[test]
    fn request_time_uses_the_calendar_of_api_gateway() {
        for (seconds, expected) in [
            (0, "01/Jan/1970:00:00:00 +0000"),
            (951_782_399, "28/Feb/2000:23:59:59 +0000"),
            (951_782_400, "29/Feb/2000:00:00:00 +0000"),
            (1_584_039_838, "12/Mar/2020:19:03:58 +0000"),
            (1_735_689_599, "31/Dec/2024:23:59:59 +0000"),
        ] {
            assert_eq!(request_time(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn is_text_accepts_the_types_of_load_balancers() {
        for text in ["text/plain", "TEXT/html; charset=utf-8", "application/json", "application/json;charset=utf-8"] {
            assert!(is_text(text), "{text}");
        }
        for other in ["", "image/png", "application/x-www-form-urlencoded", "application/jsonl", "multipart/form-data"]
        {
            assert!(!is_text(other), "{other}");
        }
    }
}
