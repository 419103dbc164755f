//! Whether a payload is JSON: all that the service looks at.

use serde::de::IgnoredAny;

/// Says what is wrong and where, in words that follow "is no JSON: ".
///
/// Depth and the size of numbers are not looked at: they are for the function to judge, as in Lambda.
pub fn check(payload: &[u8]) -> Result<(), String> {
    // serde_json skips over strings that nobody wants without a look at their bytes.
    let text = std::str::from_utf8(payload).map_err(|error| {
        let before = &payload[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        format!("invalid UTF-8 at line {line} column {column}")
    })?;
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn any_json_passes() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        for payload in [&b"null"[..], b" {} ", b"[1, \"\xc3\xa4\"]", b"1e999", &deep] {
            assert_eq!(check(payload), Ok(()));
        }
    }

    #[test]
    fn what_is_no_json_has_its_place_named() {
        for (payload, wrong) in [
            (&b""[..], "EOF while parsing a value at line 1 column 0"),
            (b"{\n  a}", "key must be a string at line 2 column 3"),
            (b"{} {}", "trailing characters at line 1 column 4"),
            (b"{\n\"\xff\"}", "invalid UTF-8 at line 2 column 2"),
        ] {
            assert_eq!(check(payload), Err(wrong.to_owned()));
        }
    }
}
