//! The kinds of events that a function may take.

use syn::Ident;

use crate::errors::nearest;

/// What a function takes, and with that, which options it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What a function takes where no kind is given.
    #[default]
    Json,
}

/// The word for each kind in the attribute. JSON has none.
const WORDS: &[(&str, Kind)] = &[];

impl Kind {
    /// For the options that every kind has.
    pub(crate) const ALL: &'static [Kind] = &[Kind::Json];

    /// The kind that is meant by a word.
    pub(crate) fn read(word: &Ident) -> syn::Result<Self> {
        let known = WORDS.iter().find(|(known, _)| word == known);
        known.map(|(_, kind)| *kind).ok_or_else(|| syn::Error::new_spanned(word, unknown(&word.to_string())))
    }

    /// What its functions are called in a message.
    fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
        }
    }

    /// What is said about an option of other kinds.
    pub(crate) fn lacks(self, option: &str, kinds: &[Kind]) -> String {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        format!(
            "`{option}` is an option of {} functions: remove it, since this is a {} function",
            names.join(", "),
            self.name()
        )
    }
}

fn unknown(word: &str) -> String {
    match nearest(word, WORDS.iter().map(|(known, _)| *known)) {
        Some(kind) => format!("unknown kind `{word}`: did you mean `{kind}`?"),
        None => format!("unknown kind `{word}`: functions take JSON, which needs no kind, so remove `{word}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_of_other_kinds_is_told_with_theirs() {
        assert_eq!(
            Kind::Json.lacks("concurrency", &[Kind::Json]),
            "`concurrency` is an option of JSON functions: remove it, since this is a JSON function",
        );
    }
}
