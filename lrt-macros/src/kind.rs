//! Kinds of functions, by their events.

use syn::Ident;

use crate::errors::nearest;

/// Kind of a function, which determines its parameters and options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Word in the attribute, and name of the function that starts the builder.
    word: &'static str,
    /// Adjective for messages, with its article.
    name: &'static str,
    takes: Takes,
}

/// Input of the functions of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Json,
    EventBridge,
    Records(Records),
    Http,
    /// The request that an authorizer decides about.
    Authorizer,
}

/// Kind whose events are batches of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Records {
    /// Type that identifies the source.
    pub(crate) source: &'static str,
    /// Types of a record with its envelope.
    pub(crate) envelopes: &'static [&'static str],
    form: Form,
}

/// Form of the functions that handle records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A record or a `Batch`, with a partial batch response.
    Reported,
    /// A record. The service retries the entire event.
    Retried,
    /// A record, for which the function returns a `Transform`.
    Transformed,
}

/// Kind of a function whose attribute does not name a kind.
const JSON: Kind = Kind { word: "json", name: "a JSON", takes: Takes::Json };

pub(crate) const WORDS: &[Kind] = &[
    records("sqs", "an SQS", "sqs::Sqs", &["Message"], Form::Reported),
    records("dynamodb", "a DynamoDB", "dynamodb::DynamoDb", &["Change"], Form::Reported),
    records("kinesis", "a Kinesis", "kinesis::Kinesis", &["Record", "Change"], Form::Reported),
    records("kafka", "a Kafka", "kafka::Kafka", &["Record"], Form::Reported),
    records("s3", "an S3", "s3::Bucket", &["S3Object"], Form::Retried),
    records("firehose", "a Firehose", "firehose::Firehose", &["Record"], Form::Transformed),
    Kind { word: "eventbridge", name: "an EventBridge", takes: Takes::EventBridge },
    http("http", "an HTTP"),
    http("api_gateway", "an API Gateway"),
    http("rest_api", "a REST API"),
    http("http_api", "an HTTP API"),
    http("function_url", "a function URL"),
    http("alb", "an ALB"),
    http("lattice", "a VPC Lattice"),
    http("websocket", "a WebSocket"),
    Kind { word: "authorizer", name: "an authorizer", takes: Takes::Authorizer },
];

const fn records(
    word: &'static str,
    name: &'static str,
    source: &'static str,
    envelopes: &'static [&'static str],
    form: Form,
) -> Kind {
    Kind { word, name, takes: Takes::Records(Records { source, envelopes, form }) }
}

const fn http(word: &'static str, name: &'static str) -> Kind {
    Kind { word, name, takes: Takes::Http }
}

/// Services that are not kinds, since each of their events is one JSON value, and the types for their events.
const JSON_EVENTS: &[(&str, &str)] = &[
    ("appsync", "lrt::events::appsync"),
    ("cloudwatch_logs", "lrt::events::cloudwatch_logs"),
    ("cognito", "lrt::events::cognito"),
    ("documentdb", "lrt::events::documentdb"),
    ("iot", "lrt::events::iot"),
    ("ses", "lrt::events::ses"),
    ("sns", "lrt::payload::Sns"),
];

impl Default for Kind {
    fn default() -> Kind {
        JSON
    }
}

impl Kind {
    /// Returns the kind that a word names, and the mistake in the word. If it is clear which kind a wrong word means,
    /// that kind is returned as well, so that everything else is checked for it.
    pub(crate) fn read(word: &Ident) -> (Option<Self>, syn::Result<()>) {
        let written = word.to_string();
        match Self::named(&written) {
            Some(kind) => (Some(kind), kind.check_feature(word)),
            None if written == JSON.word => {
                (Some(JSON), Err(syn::Error::new_spanned(word, "a JSON function needs no kind: remove `json`")))
            }
            None if written == "fifo" => {
                let message = "FIFO queues need no option: write `sqs`, and lrt recognizes them by their ARN";
                (Self::named("sqs"), Err(syn::Error::new_spanned(word, message)))
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

    /// Returns the kind of this word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        WORDS.iter().find(|kind| kind.word == word).copied()
    }

    /// Checks that lrt's feature for this kind is enabled.
    fn check_feature(self, word: &Ident) -> syn::Result<()> {
        let (feature, there) = match self.takes {
            Takes::Json => return Ok(()),
            Takes::Records(_) | Takes::EventBridge => ("batch", cfg!(feature = "batch")),
            Takes::Http | Takes::Authorizer => ("http", cfg!(feature = "http")),
        };
        if there {
            return Ok(());
        }
        let message = format!("`{word}` needs lrt's feature `{feature}`: `lrt = {{ …, features = [\"{feature}\"] }}`");
        Err(syn::Error::new_spanned(word, message))
    }

    /// Returns the name of the function that starts the builder.
    pub(crate) fn start(self) -> &'static str {
        self.word
    }

    /// Returns the types of its records, if it has any.
    pub(crate) fn records(self) -> Option<Records> {
        match self.takes {
            Takes::Records(records) => Some(records),
            Takes::Json | Takes::EventBridge | Takes::Http | Takes::Authorizer => None,
        }
    }

    pub(crate) fn is_batch(self) -> bool {
        self.records().is_some()
    }

    /// Returns true if the events of the kind can belong to tumbling windows.
    pub(crate) fn has_windows(self) -> bool {
        matches!(self.word, "dynamodb" | "kinesis")
    }

    /// Returns true if the reply is a partial batch response.
    pub(crate) fn reports_failures(self) -> bool {
        self.records().is_some_and(|records| records.form == Form::Reported)
    }

    /// Returns true if the function returns a `Transform` for each record.
    pub(crate) fn transforms(self) -> bool {
        self.records().is_some_and(|records| records.form == Form::Transformed)
    }

    pub(crate) fn is_eventbridge(self) -> bool {
        self.takes == Takes::EventBridge
    }

    /// Returns true if a schedule can invoke the function.
    pub(crate) fn can_be_scheduled(self) -> bool {
        matches!(self.takes, Takes::Json | Takes::EventBridge)
    }

    /// Returns the message about a `Batch`, if functions of this kind cannot take one.
    pub(crate) fn lacks_batch(self) -> Option<String> {
        let one = match self.records()?.form {
            Form::Reported => return None,
            Form::Retried => "object",
            Form::Transformed => "record",
        };
        Some(format!("{} function takes one {one} at a time: remove the `Batch<…>` around it", self.name))
    }

    pub(crate) fn is_http(self) -> bool {
        self.takes == Takes::Http
    }

    pub(crate) fn is_authorizer(self) -> bool {
        self.takes == Takes::Authorizer
    }

    /// Returns true if its functions can be behind a Lambda authorizer.
    pub(crate) fn can_be_authorized(self) -> bool {
        matches!(self.word, "api_gateway" | "rest_api" | "http_api" | "websocket")
    }

    /// Returns true if replies can be streamed: of all HTTP origins, only function URLs and REST APIs accept streams.
    pub(crate) fn can_stream(self) -> bool {
        match self.takes {
            Takes::Json => true,
            Takes::Records(_) | Takes::EventBridge | Takes::Authorizer => false,
            Takes::Http => matches!(self.word, "http" | "rest_api" | "function_url"),
        }
    }

    /// Predicate of the options that every kind has.
    pub(crate) fn is_any(self) -> bool {
        true
    }

    /// Returns the message about an option that only other kinds have.
    pub(crate) fn lacks(self, option: &str, has_it: fn(Kind) -> bool) -> String {
        let words: Vec<String> =
            WORDS.iter().filter(|kind| has_it(**kind)).map(|kind| format!("`{}`", kind.word)).collect();
        let json = if has_it(JSON) { " and JSON functions" } else { "" };
        format!(
            "`{option}` is an option of {}{json}: remove it, because this is {} function",
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
    format!("`{service}` is not a kind, because its events are JSON: remove it; {taken}")
}

fn unknown(word: &str, near: Option<&str>) -> String {
    match near {
        Some(kind) => format!("unknown kind `{word}`: did you mean `{kind}`?"),
        None => {
            let words: Vec<String> = WORDS.iter().map(|kind| format!("`{}`", kind.word)).collect();
            format!("unknown kind `{word}`: the kinds are {}; a JSON function needs none", words.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_of_other_kinds_is_reported_with_these_kinds() {
        assert_eq!(
            Kind::default().lacks("concurrency", Kind::is_batch),
            "`concurrency` is an option of `sqs`, `dynamodb`, `kinesis`, `kafka`, `s3`, `firehose`: remove it, because this is a \
             JSON function",
        );
    }
}
