//! Texts of a request and their encodings.

/// Undoes percent-encoding. What is no escape stays as it is; bytes that are no UTF-8 become U+FFFD.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        match after {
            [high, low, behind @ ..] if *first == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = behind;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The same in a query, where a plus is a space.
pub fn query_decode(text: &str) -> String {
    percent_decode(&text.replace('+', " "))
}

/// Percent-encodes all but the unreserved characters.
pub fn percent_encode(text: &str) -> String {
    use std::fmt::Write;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => write!(encoded, "%{byte:02X}").expect("a String takes all"),
        }
    }
    encoded
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}

/// Whether a body of this type is handed on as text, and not in base64: the types that load balancers name
/// ([respond to the load balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html)).
/// The other services go by the same ones.
pub fn is_text(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.starts_with("text/") || matches!(&*media, "application/json" | "application/javascript" | "application/xml")
}

/// `12/Mar/2020:19:03:58 +0000`, as API Gateway writes the time of a request.
pub fn request_time(seconds: u64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day:02}/{}/{year}:{hour:02}:{minute:02}:{second:02} +0000", MONTHS[month])
}

/// The year, month (from 0) and day of a day since 1970.
fn date(mut day: u64) -> (u64, usize, u64) {
    let mut year = 1970;
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30];
    let mut month = 0;
    while month < months.len() && day >= months[month] {
        day -= months[month];
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_what_is_none_stays() {
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
    fn what_was_encoded_is_decoded_to_itself() {
        for text in ["", "a b+c&d=e%f", "ä/\u{0}\u{1f600}", "-._~"] {
            assert_eq!(query_decode(&percent_encode(text)), text);
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "01/Jan/1970:00:00:00 +0000"),
            (951_782_399, "28/Feb/2000:23:59:59 +0000"),
            (951_782_400, "29/Feb/2000:00:00:00 +0000"),
            (1_584_039_838, "12/Mar/2020:19:03:58 +0000"),
            (1_735_689_599, "31/Dec/2024:23:59:59 +0000"),
        ] {
            assert_eq!(request_time(seconds), expected);
        }
    }

    #[test]
    fn types_of_text_are_few() {
        for text in ["text/plain", "TEXT/html; charset=utf-8", "application/json", "application/json;charset=utf-8"] {
            assert!(is_text(text), "{text}");
        }
        for other in ["", "image/png", "application/x-www-form-urlencoded", "application/jsonl", "multipart/form-data"]
        {
            assert!(!is_text(other), "{other}");
        }
    }
}
