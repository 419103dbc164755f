//! JSON for people to read and change. Order and numbers stay as they are.

/// Puts each member and each element on a line of its own.
pub(super) fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(2 * json.len());
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let mut letters = json.chars().filter(skip_spaces()).peekable();
    while let Some(letter) = letters.next() {
        if in_string {
            text.push(letter);
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            '{' | '[' if letters.peek().is_some_and(|next| matches!(next, '}' | ']')) => {
                text.push(letter);
                text.extend(letters.next());
            }
            '{' | '[' => {
                depth += 1;
                text.push(letter);
                line(&mut text, depth);
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(letter);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                in_string = letter == '"';
                text.push(letter);
            }
        }
    }
    text
}

/// Lets pass all but the spaces between strings.
fn skip_spaces() -> impl FnMut(&char) -> bool {
    let (mut in_string, mut escaped) = (false, false);
    move |letter| {
        let inside = in_string;
        match (*letter, escaped) {
            ('"', false) => in_string = !in_string,
            ('\\', false) => escaped = in_string,
            _ => escaped = false,
        }
        inside || !letter.is_ascii_whitespace()
    }
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn order_numbers_and_strings_stay_as_they_are() {
        let json = r#"{ "b":1.50,"a" : [ ],"c":[{"x":"{\"q\": [1,  2]}\\"},-1e3,{}] }"#;
        let expected = r#"{
  "b": 1.50,
  "a": [],
  "c": [
    {
      "x": "{\"q\": [1,  2]}\\"
    },
    -1e3,
    {}
  ]
}"#;
        assert_eq!(pretty(json), expected);
        assert_eq!(pretty(expected), expected);
        assert_eq!(pretty(" \"a b\" "), "\"a b\"");
    }
}
