//! The response of a batch function, as evaluated by an event source mapping.

use crate::Outcome;
use serde_json::Value;
use std::collections::HashMap;

/// The failed records of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BatchResponse {
    /// The entire batch failed.
    Error,
    /// The records at these positions failed. Sorted, without duplicates.
    Reported(Vec<usize>),
}

impl BatchResponse {
    /// Evaluates the response to a batch with these identifiers
    /// ([success and failure conditions](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#sqs-success-and-failure-conditions)):
    /// a missing list means success, an unknown identifier means that the entire batch failed.
    pub(super) fn of(outcome: &Outcome, ids: &[&str]) -> BatchResponse {
        if !outcome.is_ok() {
            return BatchResponse::Error;
        }
        if outcome.body().trim_ascii().is_empty() {
            return BatchResponse::Reported(Vec::new());
        }
        serde_json::from_slice(outcome.body()).map_or(BatchResponse::Error, |reply| BatchResponse::read(&reply, ids))
    }

    fn read(reply: &Value, ids: &[&str]) -> BatchResponse {
        let failures = match reply {
            Value::Null => return BatchResponse::Reported(Vec::new()),
            Value::Object(reply) => reply.get("batchItemFailures").unwrap_or(&Value::Null),
            _ => return BatchResponse::Error,
        };
        let failures = match failures {
            Value::Null => &[][..],
            Value::Array(failures) => failures,
            _ => return BatchResponse::Error,
        };
        let places: HashMap<_, _> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let place = |failure: &Value| places.get(failure.get("itemIdentifier")?.as_str()?).copied();
        let Some(mut places) = failures.iter().map(place).collect::<Option<Vec<_>>>() else {
            return BatchResponse::Error;
        };
        places.sort_unstable();
        places.dedup();
        BatchResponse::Reported(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_list_is_success_and_unknown_identifier_is_failure() {
        for (reply, expected) in [
            (json!(null), BatchResponse::Reported(vec![])),
            (json!({}), BatchResponse::Reported(vec![])),
            (json!({"batchItemFailures": null}), BatchResponse::Reported(vec![])),
            (json!({"batchItemFailures": []}), BatchResponse::Reported(vec![])),
            (
                json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}),
                BatchResponse::Reported(vec![0, 1]),
            ),
            (json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "x"}]}), BatchResponse::Error),
            (json!({"batchItemFailures": [{"itemIdentifier": ""}]}), BatchResponse::Error),
            (json!({"batchItemFailures": [{"itemIdentifier": null}]}), BatchResponse::Error),
            (json!({"batchItemFailures": [{"id": "a"}]}), BatchResponse::Error),
            (json!({"batchItemFailures": "a"}), BatchResponse::Error),
            (json!("done"), BatchResponse::Error),
        ] {
            assert_eq!(BatchResponse::read(&reply, &["a", "b"]), expected, "{reply}");
        }
    }
}
