//! The operations of the Lambda service that are available locally.

use super::error_response::InvokeError;
use hyper::HeaderMap;

/// An operation on a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
    Invoke,
    /// [InvokeWithResponseStream](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html).
    InvokeWithResponseStream,
}

/// The path of each operation, before and after the function's name.
const PATHS: [(Operation, &str, &str); 2] = [
    (Operation::Invoke, "/2015-03-31/functions/", "/invocations"),
    (Operation::InvokeWithResponseStream, "/2021-11-15/functions/", "/response-streaming-invocations"),
];

/// Returns true for the paths of the Lambda service.
pub(super) fn is_path(path: &str) -> bool {
    PATHS.iter().any(|(_, prefix, _)| path.starts_with(prefix))
}

impl Operation {
    /// Returns the operation and the function name in a path.
    pub(super) fn parse(path: &str) -> Option<(Operation, &str)> {
        PATHS.iter().find_map(|(operation, prefix, suffix)| {
            let name = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
            (!name.contains('/')).then_some((*operation, name))
        })
    }
}

/// Returns a shell command that invokes a function at `host`: with this payload, otherwise with a sample of its events. `named` adds
/// the function's name to `sample`, for binaries with several functions.
pub(super) fn command(host: &str, function: &str, payload: Option<&str>, named: bool) -> String {
    let (_, prefix, suffix) = PATHS[0];
    let curl = format!("curl http://{host}{prefix}{function}{suffix} -d");
    match (payload, named) {
        (Some(payload), _) => format!("{curl} '{payload}'"),
        (None, false) => format!("cargo run -q -- sample | {curl} @-"),
        (None, true) => format!("cargo run -q -- sample {function} | {curl} @-"),
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

    /// Parses the header.
    ///
    /// # Errors
    ///
    /// Returns [`InvokeError::InvocationType`] if the operation does not support the requested type.
    pub(super) fn parse(headers: &HeaderMap, operation: Operation) -> Result<InvocationType, InvokeError> {
        let Some(header) = headers.get("X-Amz-Invocation-Type") else { return Ok(InvocationType::RequestResponse) };
        let supported = || InvocationType::ALL.into_iter().filter(|kind| kind.is_supported_by(operation));
        supported().find(|kind| kind.name().as_bytes() == header.as_bytes()).ok_or_else(|| {
            InvokeError::InvocationType {
                requested: String::from_utf8_lossy(header.as_bytes()).into_owned(),
                supported: supported().map(InvocationType::name).collect::<Vec<_>>().join(", "),
            }
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::Event => "Event",
            InvocationType::DryRun => "DryRun",
        }
    }

    /// The reply of an asynchronous invocation cannot be streamed.
    fn is_supported_by(self, operation: Operation) -> bool {
        self != InvocationType::Event || operation == Operation::Invoke
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_sends_an_event_that_the_function_accepts() {
        let url = "http://h:1/2015-03-31/functions/f/invocations";
        assert_eq!(command("h:1", "f", Some("[1]"), true), format!("curl {url} -d '[1]'"));
        assert_eq!(command("h:1", "f", None, false), format!("cargo run -q -- sample | curl {url} -d @-"));
        assert_eq!(command("h:1", "f", None, true), format!("cargo run -q -- sample f | curl {url} -d @-"));
    }

    #[test]
    fn paths_of_operations_are_parsed() {
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
            assert_eq!(Operation::parse(path), operation, "{path}");
            assert_eq!(is_path(path), path != "/", "{path}");
        }
    }
}
