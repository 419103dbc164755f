//! `pattern = r#"{"source": ["shop"]}"#`: the event pattern of an EventBridge rule.
//!
//! See [event patterns](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html).

use syn::{Expr, LitStr};

use crate::errors::nearest;
use crate::option_value;

/// Fields of an event.
const FIELDS: [&str; 10] =
    ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "replay-name", "detail"];

/// Comparison operators.
const OPERATORS: [&str; 8] =
    ["prefix", "suffix", "anything-but", "equals-ignore-case", "wildcard", "numeric", "exists", "cidr"];

pub(crate) fn read(value: Expr) -> syn::Result<LitStr> {
    let pattern = option_value::string("pattern", value).map_err(|error| {
        syn::Error::new(error.span(), "`pattern` takes a string of JSON: `pattern = r#\"{\"source\": [\"shop\"]}\"#`")
    })?;
    match check(&pattern.value()) {
        Ok(()) => Ok(pattern),
        Err(message) => Err(syn::Error::new_spanned(pattern, message)),
    }
}

fn check(pattern: &str) -> Result<(), String> {
    let mut parser = Parser { rest: pattern };
    let Json::Object(fields) = parser.document().map_err(|problem| format!("a pattern is JSON: {problem}"))? else {
        return Err("a pattern is an object: `{\"source\": [\"shop\"]}`".to_owned());
    };
    if fields.is_empty() {
        return Err("a pattern has at least one field: `{\"source\": [\"shop\"]}`".to_owned());
    }
    if let Some((name, _)) = fields.iter().find(|(name, _)| name != "$or" && !FIELDS.contains(&&**name)) {
        return Err(match nearest(name, FIELDS) {
            Some(near) => format!("unknown field `{name}`: did you mean `{near}`?"),
            None => format!("unknown field `{name}`: the fields of an event are {}", FIELDS.join(", ")),
        });
    }
    check_fields(&fields, "")
}

fn check_fields(fields: &[(String, Json)], path: &str) -> Result<(), String> {
    for (index, (name, value)) in fields.iter().enumerate() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if fields[..index].iter().any(|(other, _)| other == name) {
            return Err(format!("`{path}` is given twice"));
        }
        match value {
            Json::Array(items) if items.is_empty() => return Err(format!("`{path}` has no values")),
            Json::Array(items) if name == "$or" => {
                for item in items {
                    let Json::Object(fields) = item else { return Err(format!("`{path}` is a list of patterns")) };
                    check_fields(fields, &path)?;
                }
            }
            Json::Array(items) => items.iter().try_for_each(|item| check_value(item, &path))?,
            Json::Object(fields) if fields.is_empty() => return Err(format!("`{path}` has no fields")),
            Json::Object(fields) => check_fields(fields, &path)?,
            Json::Scalar(text) => return Err(format!("the values of `{path}` are a list: write `[{text}]`")),
        }
    }
    Ok(())
}

/// Checks a value in a list: a scalar, or an object with a comparison operator.
fn check_value(value: &Json, path: &str) -> Result<(), String> {
    match value {
        Json::Scalar(_) => Ok(()),
        Json::Array(_) => Err(format!("`{path}` is a list in a list")),
        Json::Object(fields) => match &fields[..] {
            [(operator, _)] if OPERATORS.contains(&&**operator) => Ok(()),
            [(operator, _)] => Err(match nearest(operator, OPERATORS) {
                Some(near) => format!("unknown operator `{operator}` in `{path}`: did you mean `{near}`?"),
                None => {
                    format!("unknown operator `{operator}` in `{path}`: the operators are {}", OPERATORS.join(", "))
                }
            }),
            _ => Err(format!("a comparison in `{path}` has one operator: `{{\"prefix\": \"a\"}}`")),
        },
    }
}

/// A JSON value. A scalar is its source.
enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    Scalar(String),
}

/// Parses JSON, of which this crate has no other use.
struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<Json, String> {
        let value = self.value(0)?;
        self.skip_space();
        if self.rest.is_empty() { Ok(value) } else { Err(self.unexpected("the end")) }
    }

    fn value(&mut self, depth: u32) -> Result<Json, String> {
        self.skip_space();
        match self.rest.chars().next() {
            _ if depth > 64 => Err("too many levels".to_owned()),
            Some('{') => {
                let mut fields = Vec::new();
                self.list('}', |parser| {
                    parser.skip_space();
                    let name = parser.string()?;
                    parser.skip_space();
                    parser.expect(':')?;
                    fields.push((name, parser.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Json::Object(fields))
            }
            Some('[') => {
                let mut items = Vec::new();
                self.list(']', |parser| {
                    items.push(parser.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Json::Array(items))
            }
            Some('"') => self.string().map(|text| Json::Scalar(format!("\"{text}\""))),
            _ => self.word().map(Json::Scalar),
        }
    }

    /// Parses the items between the current bracket and `end`.
    fn list(&mut self, end: char, mut item: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.rest = &self.rest[1..];
        self.skip_space();
        if let Some(rest) = self.rest.strip_prefix(end) {
            self.rest = rest;
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_space();
            if let Some(rest) = self.rest.strip_prefix(end) {
                self.rest = rest;
                return Ok(());
            }
            self.expect(',')?;
        }
    }

    /// Parses a string, and returns the text between its quotes.
    fn string(&mut self) -> Result<String, String> {
        let Some(inside) = self.rest.strip_prefix('"') else { return Err(self.unexpected("a string")) };
        let mut escaped = false;
        for (at, letter) in inside.char_indices() {
            match letter {
                _ if escaped => {
                    if !"\"\\/bfnrtu".contains(letter) {
                        return Err(format!("invalid escape `\\{letter}`"));
                    }
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.rest = &inside[at + 1..];
                    return Ok(inside[..at].to_owned());
                }
                control if control < ' ' => return Err("a string contains a control character".to_owned()),
                _ => {}
            }
        }
        Err("a string has no end".to_owned())
    }

    /// Parses a number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<String, String> {
        let is_end = |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'));
        let (word, rest) = self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        let is_number = word.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let is_value = matches!(word, "true" | "false" | "null") || (is_number && word.parse::<f64>().is_ok());
        if !is_value {
            return Err(self.unexpected("a value"));
        }
        self.rest = rest;
        Ok(word.to_owned())
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.unexpected(&format!("`{mark}`"))),
        }
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.rest.chars().next() {
            Some(found) => format!("expected {expected}, found `{found}`"),
            None => format!("expected {expected}, found the end"),
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_patterns_are_accepted() {
        for pattern in [
            r#"{"source": ["aws.ec2"]}"#,
            r#"{"source": ["shop"], "detail-type": ["OrderPlaced", "OrderPaid"]}"#,
            r#"{"detail": {"bucket": {"name": [{"prefix": "photos-"}]}, "size": [{"numeric": [">", 0, "<=", 5.5e3]}]}}"#,
            r#"{"detail": {"state": [{"anything-but": ["a", "b"]}, null, true, -1], "ip": [{"exists": false}]}}"#,
            r#"{"detail": {"$or": [{"a": [1]}, {"b": ["\u00e9 \"x\""]}]}}"#,
            r#" {"$or": [{"source": ["a"]}, {"account": ["123"]}]} "#,
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn invalid_patterns_are_rejected() {
        for (pattern, message) in [
            ("", "a pattern is JSON: expected a value, found the end"),
            ("source = shop", "a pattern is JSON: expected a value, found `s`"),
            (r#"{"source": ["shop"]"#, "a pattern is JSON: expected `,`, found the end"),
            (r#"{"source": ["shop",]}"#, "a pattern is JSON: expected a value, found `]`"),
            (r#"{"source": ['shop']}"#, "a pattern is JSON: expected a value, found `'`"),
            (r#"{"source": ["shop"]} x"#, "a pattern is JSON: expected the end, found `x`"),
            (r#"{"source": ["sh\op"]}"#, "a pattern is JSON: invalid escape `\\o`"),
            (r#"{source: ["shop"]}"#, "a pattern is JSON: expected a string, found `s`"),
            ("[1]", "a pattern is an object: `{\"source\": [\"shop\"]}`"),
            ("{}", "a pattern has at least one field: `{\"source\": [\"shop\"]}`"),
            (r#"{"source": "shop"}"#, "the values of `source` are a list: write `[\"shop\"]`"),
            (r#"{"detail": {"size": {"min": 5}}}"#, "the values of `detail.size.min` are a list: write `[5]`"),
            (r#"{"source": []}"#, "`source` has no values"),
            (r#"{"detail": {}}"#, "`detail` has no fields"),
            (r#"{"source": [["shop"]]}"#, "`source` is a list in a list"),
            (r#"{"source": ["a"], "source": ["b"]}"#, "`source` is given twice"),
            (r#"{"sorce": ["shop"]}"#, "unknown field `sorce`: did you mean `source`?"),
            (r#"{"source": [{"prefx": "a"}]}"#, "unknown operator `prefx` in `source`: did you mean `prefix`?"),
            (r#"{"source": [{}]}"#, "a comparison in `source` has one operator: `{\"prefix\": \"a\"}`"),
            (r#"{"$or": ["a"]}"#, "`$or` is a list of patterns"),
        ] {
            assert_eq!(check(pattern), Err(message.to_owned()), "{pattern}");
        }
        assert_eq!(check(&"[".repeat(1000)), Err("a pattern is JSON: too many levels".to_owned()));
        let unknown = check(r#"{"bucket": ["x"]}"#).unwrap_err();
        assert!(unknown.starts_with("unknown field `bucket`: the fields of an event are version, "), "{unknown}");
    }
}
