//! The kinds of events that a function may take.

use syn::Ident;

use crate::errors::nearest;

/// What a function takes, and with that, which options it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Its word in the attribute, which is also the function of lrt that starts its builder.
    word: &'static str,
    /// What its functions are called in a message.
    name: &'static str,
    takes: Takes,
}

/// What the functions of a kind take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Json,
    Records(Records),
    Http,
}

/// A kind whose events are batches of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Records {
    /// The type that stands for their source.
    pub(crate) source: &'static str,
    /// The type that a record's payload comes in, if the author wants to see it.
    pub(crate) envelope: &'static str,
}

/// What a function takes where no kind is given; it has no word.
const JSON: Kind = Kind { word: "json", name: "a JSON", takes: Takes::Json };

const WORDS: &[Kind] = &[
    records("sqs", "an SQS", "sqs::Sqs", "Message"),
    records("dynamodb", "a DynamoDB", "dynamodb::DynamoDb", "Change"),
    records("kinesis", "a Kinesis", "kinesis::Kinesis", "Record"),
    records("kafka", "a Kafka", "kafka::Kafka", "Record"),
    http("http", "an HTTP"),
    http("api_gateway", "an API Gateway"),
    http("rest_api", "a REST API"),
    http("http_api", "an HTTP API"),
    http("function_url", "a function URL"),
    http("alb", "an ALB"),
    http("lattice", "a VPC Lattice"),
    http("websocket", "a WebSocket"),
];

const fn records(word: &'static str, name: &'static str, source: &'static str, envelope: &'static str) -> Kind {
    Kind { word, name, takes: Takes::Records(Records { source, envelope }) }
}

const fn http(word: &'static str, name: &'static str) -> Kind {
    Kind { word, name, takes: Takes::Http }
}

/// Services whose events are one JSON value each, and what is taken of them.
const JSON_EVENTS: &[(&str, &str)] = &[
    ("appsync", "lrt::events::appsync"),
    ("cloudwatch_logs", "lrt::events::cloudwatch_logs"),
    ("cognito", "lrt::events::cognito"),
    ("documentdb", "lrt::events::documentdb"),
    ("eventbridge", "lrt::payload::EventBridge"),
    ("firehose", "lrt::events::firehose"),
    ("iot", "lrt::events::iot"),
    ("s3", "lrt::events::s3"),
    ("ses", "lrt::events::ses"),
    ("sns", "lrt::payload::Sns"),
];

impl Default for Kind {
    fn default() -> Kind {
        JSON
    }
}

impl Kind {
    /// The kind that is meant by a word, and what is wrong with the word. A kind comes with a mistake as well, if it is known what
    /// was meant, so that all else is held to that kind.
    pub(crate) fn read(word: &Ident) -> (Option<Self>, syn::Result<()>) {
        let written = word.to_string();
        match Self::named(&written) {
            Some(kind) => (Some(kind), kind.check_feature(word)),
            None if written == JSON.word => {
                (Some(JSON), Err(syn::Error::new_spanned(word, "a function of JSON needs no kind: remove `json`")))
            }
            None => {
                if let Some((_, taken)) = JSON_EVENTS.iter().find(|(service, _)| *service == written) {
                    return (Some(JSON), Err(syn::Error::new_spanned(word, json_event(&written, taken))));
                }
                let near = nearest(&written, WORDS.iter().map(|kind| kind.word));
                let meant = WORDS.iter().find(|kind| near == Some(kind.word));
                (meant.copied(), Err(syn::Error::new_spanned(word, unknown(&written, near))))
            }
        }
    }

    /// The kind that this word stands for.
    pub(crate) fn named(word: &str) -> Option<Self> {
        WORDS.iter().find(|kind| kind.word == word).copied()
    }

    /// Its functions are compiled with a feature of lrt's.
    fn check_feature(self, word: &Ident) -> syn::Result<()> {
        let (feature, there) = match self.takes {
            Takes::Json => return Ok(()),
            Takes::Records(_) => ("batch", cfg!(feature = "batch")),
            Takes::Http => ("http", cfg!(feature = "http")),
        };
        if there {
            return Ok(());
        }
        let message = format!("`{word}` needs lrt's feature `{feature}`: `lrt = {{ …, features = [\"{feature}\"] }}`");
        Err(syn::Error::new_spanned(word, message))
    }

    /// The function of lrt that starts its builder.
    pub(crate) fn start(self) -> &'static str {
        self.word
    }

    /// What its records are, if it has some.
    pub(crate) fn records(self) -> Option<Records> {
        match self.takes {
            Takes::Records(records) => Some(records),
            Takes::Json | Takes::Http => None,
        }
    }

    pub(crate) fn is_batch(self) -> bool {
        self.records().is_some()
    }

    pub(crate) fn is_http(self) -> bool {
        self.takes == Takes::Http
    }

    /// Whether its replies can be streamed: of all origins, function URLs and REST APIs take streams.
    pub(crate) fn can_stream(self) -> bool {
        match self.takes {
            Takes::Json => true,
            Takes::Records(_) => false,
            Takes::Http => matches!(self.word, "http" | "rest_api" | "function_url"),
        }
    }

    /// For the options that every kind has.
    pub(crate) fn is_any(self) -> bool {
        true
    }

    /// What is said about an option of other kinds.
    pub(crate) fn lacks(self, option: &str, has_it: fn(Kind) -> bool) -> String {
        let words: Vec<String> =
            WORDS.iter().filter(|kind| has_it(**kind)).map(|kind| format!("`{}`", kind.word)).collect();
        let json = if has_it(JSON) { " and functions of JSON" } else { "" };
        format!(
            "`{option}` is an option of {}{json}: remove it, since this is {} function",
            words.join(", "),
            self.name
        )
    }
}

fn json_event(service: &str, taken: &str) -> String {
    let taken = match taken.strip_prefix("lrt::events::") {
        Some(feature) => format!("their types are in `{taken}`, with lrt's feature `events-{feature}`"),
        None => format!("take an `{taken}<T>`"),
    };
    format!("`{service}` is no kind, since its events are JSON: remove it; {taken}")
}

fn unknown(word: &str, near: Option<&str>) -> String {
    match near {
        Some(kind) => format!("unknown kind `{word}`: did you mean `{kind}`?"),
        None => {
            let words: Vec<String> = WORDS.iter().map(|kind| format!("`{}`", kind.word)).collect();
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
            Kind::default().lacks("concurrency", Kind::is_batch),
            "`concurrency` is an option of `sqs`, `dynamodb`, `kinesis`, `kafka`: remove it, since this is a JSON function",
        );
    }
}
