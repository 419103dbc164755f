//! Indents JSON.

/// Indents JSON by two spaces. Only white space is changed: a parser would lose the order of members, and digits of
/// numbers.
pub(super) fn indent(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    // An opening bracket is followed by a line break unless the next token closes it.
    let mut has_opened = false;
    for &byte in json {
        if in_string {
            out.push(byte);
            in_string = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(byte, b'}' | b']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if has_opened != closes {
            begin_line(&mut out, depth);
        }
        has_opened = matches!(byte, b'{' | b'[');
        out.push(byte);
        match byte {
            b'{' | b'[' => depth += 1,
            b',' => begin_line(&mut out, depth),
            b':' => out.push(b' '),
            b'"' => in_string = true,
            _ => {}
        }
    }
    out
}

fn begin_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> String {
        String::from_utf8(indent(json.as_bytes())).unwrap()
    }

    #[test]
    fn output_matches_serde_json() {
        for json in [
            "1",
            r#""a""#,
            "[]",
            "{}",
            "[[],{}]",
            r#"{"a":[1,{"b":"{[,:\" \\"}],"c":{}}"#,
            r#" { "a" : [ ] , "b" : [ 1 , 2 ] } "#,
            r#"["\\",[["ä"]]]"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(text(json), serde_json::to_string_pretty(&value).unwrap(), "{json}");
            assert_eq!(text(&text(json)), text(json));
        }
    }

    #[test]
    fn order_and_digits_are_kept() {
        assert_eq!(
            text(r#"{"b":1.50,"a":100000000000000000000001}"#),
            "{\n  \"b\": 1.50,\n  \"a\": 100000000000000000000001\n}"
        );
    }
}
