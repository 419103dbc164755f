//! Which operation of the Lambda service a request asks for.

use super::error_response::InvokeError;
use hyper::HeaderMap;

/// An operation that is answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
    Invoke,
    /// [InvokeWithResponseStream](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html).
    InvokeWithResponseStream,
}

/// What stands before the function's name in the path of each, and what behind it.
const PATHS: [(Operation, &str, &str); 2] = [
    (Operation::Invoke, "/2015-03-31/functions/", "/invocations"),
    (Operation::InvokeWithResponseStream, "/2021-11-15/functions/", "/response-streaming-invocations"),
];

/// Whether this is a path of the Lambda service.
pub(super) fn is_path(path: &str) -> bool {
    PATHS.iter().any(|(_, before, _)| path.starts_with(before))
}

impl Operation {
    /// The operation that a path means, and the function that it names.
    pub(super) fn at(path: &str) -> Option<(Operation, &str)> {
        PATHS.iter().find_map(|(operation, before, behind)| {
            let name = path.strip_prefix(before)?.strip_suffix(behind)?;
            (!name.contains('/')).then_some((*operation, name))
        })
    }
}

/// A command that invokes a function at `host`: with `{}` where it may take any JSON, else with a sample of its own events, as
/// it would refuse the former. `named`: there are several functions.
pub(super) fn command(host: &str, function: &str, kind: &str, named: bool) -> String {
    let (_, before, behind) = PATHS[0];
    let curl = format!("curl http://{host}{before}{function}{behind} -d");
    match (kind, named) {
        ("json", _) => format!("{curl} '{{}}'"),
        (_, false) => format!("cargo run -q -- sample | {curl} @-"),
        (_, true) => format!("cargo run -q -- sample {function} | {curl} @-"),
    }
}

/// `X-Amz-Invocation-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

impl InvocationType {
    const ALL: [InvocationType; 3] = [InvocationType::RequestResponse, InvocationType::Event, InvocationType::DryRun];

    /// The type that these headers ask for, if the operation has it.
    pub(super) fn of(headers: &HeaderMap, operation: Operation) -> Result<InvocationType, InvokeError> {
        let Some(asked) = headers.get("X-Amz-Invocation-Type") else { return Ok(InvocationType::RequestResponse) };
        let there = || InvocationType::ALL.into_iter().filter(|kind| kind.is_of(operation));
        there().find(|kind| kind.name().as_bytes() == asked.as_bytes()).ok_or_else(|| InvokeError::UnknownType {
            asked: String::from_utf8_lossy(asked.as_bytes()).into_owned(),
            there: there().map(InvocationType::name).collect::<Vec<_>>().join(", "),
        })
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::Event => "Event",
            InvocationType::DryRun => "DryRun",
        }
    }

    /// Who does not wait for the answer cannot have it as a stream.
    fn is_of(self, operation: Operation) -> bool {
        self != InvocationType::Event || operation == Operation::Invoke
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_sends_what_the_function_takes() {
        let url = "http://h:1/2015-03-31/functions/f/invocations";
        assert_eq!(command("h:1", "f", "json", true), format!("curl {url} -d '{{}}'"));
        assert_eq!(command("h:1", "f", "sqs", false), format!("cargo run -q -- sample | curl {url} -d @-"));
        assert_eq!(command("h:1", "f", "sqs", true), format!("cargo run -q -- sample f | curl {url} -d @-"));
    }

    #[test]
    fn a_path_means_an_operation_on_one_function() {
        for (path, operation) in [
            ("/2015-03-31/functions/a/invocations", Some((Operation::Invoke, "a"))),
            (
                "/2021-11-15/functions/a:live/response-streaming-invocations",
                Some((Operation::InvokeWithResponseStream, "a:live")),
            ),
            ("/2021-11-15/functions/a/invocations", None),
            ("/2015-03-31/functions/a/response-streaming-invocations", None),
            ("/2021-11-15/functions/a/b/response-streaming-invocations", None),
            ("/2015-03-31/functions/a", None),
            ("/", None),
        ] {
            assert_eq!(Operation::at(path), operation, "{path}");
            assert_eq!(is_path(path), path != "/", "{path}");
        }
    }
}
