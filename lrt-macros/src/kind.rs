//! The kinds of events that a function may take.

use syn::Ident;

use crate::errors::nearest;

/// What a function takes, and with that, which options it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What a function takes where no kind is given.
    #[default]
    Json,
    Sqs,
    DynamoDb,
    Kinesis,
}

/// The word for each kind in the attribute. JSON has none.
const WORDS: &[(&str, Kind)] = &[("sqs", Kind::Sqs), ("dynamodb", Kind::DynamoDb), ("kinesis", Kind::Kinesis)];

impl Kind {
    /// For the options that every kind has.
    pub(crate) const ALL: &'static [Kind] = &[Kind::Json, Kind::Sqs, Kind::DynamoDb, Kind::Kinesis];

    /// The kinds whose events are batches of records.
    pub(crate) const BATCH: &'static [Kind] = &[Kind::Sqs, Kind::DynamoDb, Kind::Kinesis];

    /// The kind that is meant by a word.
    pub(crate) fn read(word: &Ident) -> syn::Result<Self> {
        let message = match WORDS.iter().find(|(known, _)| word == known) {
            Some((_, kind)) if kind.source().is_none() || cfg!(feature = "batch") => return Ok(*kind),
            Some(_) => format!("`{word}` needs lrt's feature `batch`: `lrt = {{ …, features = [\"batch\"] }}`"),
            None => unknown(&word.to_string()),
        };
        Err(syn::Error::new_spanned(word, message))
    }

    /// What its functions are called in a message.
    fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Sqs => "SQS",
            Self::DynamoDb => "DynamoDB",
            Self::Kinesis => "Kinesis",
        }
    }

    /// The function of lrt that starts its builder.
    pub(crate) fn start(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sqs => "sqs",
            Self::DynamoDb => "dynamodb",
            Self::Kinesis => "kinesis",
        }
    }

    /// The type that stands for the source of its records; `None` for a kind without records.
    pub(crate) fn source(self) -> Option<&'static str> {
        match self {
            Self::Json => None,
            Self::Sqs => Some("sqs::Sqs"),
            Self::DynamoDb => Some("dynamodb::DynamoDb"),
            Self::Kinesis => Some("kinesis::Kinesis"),
        }
    }

    /// The type that a record's payload comes in, if the author wants to see it.
    pub(crate) fn envelope(self) -> Option<&'static str> {
        match self {
            Self::Json => None,
            Self::Sqs => Some("Message"),
            Self::DynamoDb => Some("Change"),
            Self::Kinesis => Some("Record"),
        }
    }

    /// What is said about an option of other kinds.
    pub(crate) fn lacks(self, option: &str, kinds: &[Kind]) -> String {
        let words: Vec<String> =
            WORDS.iter().filter(|(_, kind)| kinds.contains(kind)).map(|(word, _)| format!("`{word}`")).collect();
        let article = if self == Self::Sqs { "an" } else { "a" };
        format!(
            "`{option}` is an option of {}: remove it, since this is {article} {} function",
            words.join(", "),
            self.name()
        )
    }
}

fn unknown(word: &str) -> String {
    match nearest(word, WORDS.iter().map(|(known, _)| *known)) {
        Some(kind) => format!("unknown kind `{word}`: did you mean `{kind}`?"),
        None => {
            let words: Vec<String> = WORDS.iter().map(|(known, _)| format!("`{known}`")).collect();
            format!("unknown kind `{word}`: the kinds are {}; a function of JSON needs none", words.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_of_other_kinds_is_told_with_theirs() {
        assert_eq!(
            Kind::Json.lacks("concurrency", Kind::BATCH),
            "`concurrency` is an option of `sqs`, `dynamodb`, `kinesis`: remove it, since this is a JSON function",
        );
    }
}
