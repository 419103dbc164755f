//! What an event source mapping reads out of an answer.

use crate::Outcome;
use serde_json::Value;
use std::collections::HashMap;

/// Which records of a batch have failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The whole batch.
    Error,
    /// Those at these places, in the order of the batch, each once.
    Reported(Vec<usize>),
}

impl Answer {
    /// Reads an answer to the batch of these identifiers, as
    /// [success and failure](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#sqs-success-and-failure-conditions)
    /// are told: no list is a success, an identifier that is none is a failure of all.
    pub(super) fn of(outcome: &Outcome, ids: &[&str]) -> Answer {
        if !outcome.is_ok() {
            return Answer::Error;
        }
        if outcome.body().trim_ascii().is_empty() {
            return Answer::Reported(Vec::new());
        }
        serde_json::from_slice(outcome.body()).map_or(Answer::Error, |reply| Answer::read(&reply, ids))
    }

    fn read(reply: &Value, ids: &[&str]) -> Answer {
        let failures = match reply {
            Value::Null => return Answer::Reported(Vec::new()),
            Value::Object(reply) => reply.get("batchItemFailures").unwrap_or(&Value::Null),
            _ => return Answer::Error,
        };
        let failures = match failures {
            Value::Null => &[][..],
            Value::Array(failures) => failures,
            _ => return Answer::Error,
        };
        let places: HashMap<_, _> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let place = |failure: &Value| places.get(failure.get("itemIdentifier")?.as_str()?).copied();
        let Some(mut places) = failures.iter().map(place).collect::<Option<Vec<_>>>() else { return Answer::Error };
        places.sort_unstable();
        places.dedup();
        Answer::Reported(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_list_is_a_success_and_what_is_no_identifier_a_failure() {
        for (reply, expected) in [
            (json!(null), Answer::Reported(vec![])),
            (json!({}), Answer::Reported(vec![])),
            (json!({"batchItemFailures": null}), Answer::Reported(vec![])),
            (json!({"batchItemFailures": []}), Answer::Reported(vec![])),
            (
                json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}),
                Answer::Reported(vec![0, 1]),
            ),
            (json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "x"}]}), Answer::Error),
            (json!({"batchItemFailures": [{"itemIdentifier": ""}]}), Answer::Error),
            (json!({"batchItemFailures": [{"itemIdentifier": null}]}), Answer::Error),
            (json!({"batchItemFailures": [{"id": "a"}]}), Answer::Error),
            (json!({"batchItemFailures": "a"}), Answer::Error),
            (json!("done"), Answer::Error),
        ] {
            assert_eq!(Answer::read(&reply, &["a", "b"]), expected, "{reply}");
        }
    }
}
