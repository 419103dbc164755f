//! Collects every mistake before any is reported.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds a message at these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// Returns `Ok` if the list is empty.
    pub(crate) fn check(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Returns a `compile_error!` for each mistake.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// Returns the known name that is closest to `word`, if one is close enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // At most a third of the letters may differ, as in rustc's own suggestions.
    let limit = word.chars().count().max(3) / 3;
    known
        .into_iter()
        .map(|name| (edit_distance(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Returns the number of insertions, deletions, replacements and swaps of neighbors (`inti`) between `a` and `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Returns a type or path as its author would write it, since tokens are formatted as `& Vec < u8 >`.
pub(crate) fn source(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    write_source(tokens.into_token_stream(), &mut text);
    text
}

fn write_source(tokens: TokenStream, text: &mut String) {
    let mut after_word = false;
    for token in tokens {
        let word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if word && after_word {
            text.push(' ');
        }
        after_word = word;
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                mark @ ('+' | '=') => text.extend([' ', mark, ' ']),
                mark @ (',' | ';') => text.extend([mark, ' ']),
                ':' if punct.spacing() == Spacing::Alone && !text.ends_with(':') => text.push_str(": "),
                '-' => text.push_str(" -"),
                '>' if text.ends_with(" -") => text.push_str("> "),
                mark => text.push(mark),
            },
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write_source(group.stream(), text);
                text.push_str(close);
            }
            word => text.push_str(&word.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_each_kind_of_typo_once() {
        for (a, b, distance) in
            [("init", "init", 0), ("int", "init", 1), ("iinit", "init", 1), ("unit", "init", 1), ("inti", "init", 1)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} to {b}");
            assert_eq!(edit_distance(b, a), distance, "{b} to {a}");
        }
        assert_eq!(edit_distance("", "off"), 3);
        assert_eq!(edit_distance("sqs", "kinesis"), 5);
    }

    #[test]
    fn nearest_is_the_closest_name_within_the_limit() {
        let known = ["sqs", "kafka", "kinesis", "deadline_margin"];
        assert_eq!(nearest("sqz", known), Some("sqs"));
        assert_eq!(nearest("kinesys", known), Some("kinesis"));
        assert_eq!(nearest("deadlinemargin", known), Some("deadline_margin"));
        assert_eq!(nearest("sns", ["sqs", "sns"]), Some("sns"));
        assert_eq!(nearest("abc", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn source_formats_tokens_as_written() {
        for text in [
            "&Vec<u8>",
            "Map<String, [u8; 4]>",
            "dyn Store + Send",
            "fn(u8, u8) -> bool",
            "<T as lrt::Trait>::Out",
            "&'static Db",
            "<'a, T: lrt::Trait>",
        ] {
            let tokens: TokenStream = text.parse().expect("these are tokens");
            assert_eq!(source(tokens), text);
        }
    }
}
