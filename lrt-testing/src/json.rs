//! Validates JSON payloads like the Invoke API.

use serde::de::IgnoredAny;

/// Checks that a payload is JSON.
///
/// As in Lambda, the nesting depth and the range of numbers are not limited.
///
/// # Errors
///
/// Returns a description of the syntax error, with its line and column.
pub fn check(payload: &[u8]) -> Result<(), String> {
    // serde_json does not validate the UTF-8 of strings that it ignores.
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
    fn valid_json_is_accepted() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        for payload in [&b"null"[..], b" {} ", b"[1, \"\xc3\xa4\"]", b"1e999", &deep] {
            assert_eq!(check(payload), Ok(()));
        }
    }

    #[test]
    fn invalid_json_is_reported_with_its_position() {
        for (payload, error) in [
            (&b""[..], "EOF while parsing a value at line 1 column 0"),
            (b"{\n  a}", "key must be a string at line 2 column 3"),
            (b"{} {}", "trailing characters at line 1 column 4"),
            (b"{\n\"\xff\"}", "invalid UTF-8 at line 2 column 2"),
        ] {
            assert_eq!(check(payload), Err(error.to_owned()));
        }
    }
}
