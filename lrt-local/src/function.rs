//! A function behind a trait object, since one binary can contain several functions.

use lrt_core::{Deployment, Environment, Handler};
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

/// A function that can be served locally.
pub trait LocalFunction: Send + Sync {
    /// Name of the function, the value of `_HANDLER`.
    fn name(&self) -> &str;

    /// Kind of the function's events.
    fn kind(&self) -> &'static str;

    /// Route of an HTTP function.
    fn route(&self) -> Option<&str>;

    /// Returns true if replies are streamed.
    fn streams(&self) -> bool;

    /// Data for the template.
    fn deployment(&self) -> Deployment<'_>;

    /// Runs the function in this process until `stop` completes.
    fn run_until(&self, environment: Environment, stop: Pin<Box<dyn Future<Output = ()>>>) -> ExitCode;
}

impl<H: Handler> LocalFunction for H {
    fn name(&self) -> &str {
        Handler::name(self)
    }

    fn kind(&self) -> &'static str {
        Handler::kind(self)
    }

    fn route(&self) -> Option<&str> {
        Handler::route(self)
    }

    fn streams(&self) -> bool {
        H::STREAMING
    }

    fn deployment(&self) -> Deployment<'_> {
        Handler::deployment(self)
    }

    fn run_until(&self, environment: Environment, stop: Pin<Box<dyn Future<Output = ()>>>) -> ExitCode {
        lrt_core::run_until(self, environment, stop)
    }
}

/// Returns the function with this name. If there is only one function, the name may be omitted.
pub(super) fn find<'a>(
    functions: &[&'a dyn LocalFunction],
    name: Option<&str>,
) -> Result<&'a dyn LocalFunction, String> {
    let found = match (name, functions) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), _) => functions.iter().find(|function| function.name() == name),
    };
    found.copied().ok_or_else(|| {
        let names = names(functions);
        match (name, functions.len()) {
            (None, _) => format!("missing function name (expected one of {names})"),
            (Some(name), 1) => {
                format!("unknown function {name:?}: the only function is {names}, and its name is optional")
            }
            (Some(name), _) => format!("unknown function {name:?} (expected one of {names})"),
        }
    })
}

/// The kinds of functions that can have an authorizer.
const AUTHORIZED_KINDS: [&str; 4] = ["api_gateway", "rest_api", "http_api", "websocket"];

/// Returns the authorizer in front of a function.
///
/// # Errors
///
/// Returns an error if it is not among the functions, or if functions of this kind have no authorizer.
pub(super) fn authorizer_of<'a>(
    functions: &[&'a dyn LocalFunction],
    function: &dyn LocalFunction,
) -> Result<Option<&'a dyn LocalFunction>, String> {
    let Some(name) = function.deployment().authorizer else { return Ok(None) };
    let kind = function.kind();
    if !AUTHORIZED_KINDS.contains(&kind) {
        let (function, kinds) = (function.name(), AUTHORIZED_KINDS.join(", "));
        return Err(format!("`{function}` is of kind {kind} and cannot have an authorizer (expected one of {kinds})"));
    }
    let is_authorizer = |other: &&&dyn LocalFunction| other.name() == name && other.kind() == "authorizer";
    functions.iter().find(is_authorizer).copied().map(Some).ok_or_else(|| {
        let function = function.name();
        format!(
            "the authorizer `{name}` of `{function}` is not in this binary (expected it in `lrt::main!`, next to `{function}`)"
        )
    })
}

/// Lists the names of the functions in the order of `main!`.
pub(super) fn names(functions: &[&dyn LocalFunction]) -> String {
    let names: Vec<String> = functions.iter().map(|function| format!("`{}`", function.name())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::TestFunction;

    #[test]
    fn unknown_and_missing_names_list_the_functions() {
        let (process, get) = (TestFunction::new("process", "sqs"), TestFunction::new("get", "http_api"));
        let find =
            |functions: &[&dyn LocalFunction], name| find(functions, name).map(|function| function.name().to_owned());
        assert_eq!(find(&[&process], None).as_deref(), Ok("process"));
        assert_eq!(find(&[&process], Some("process")).as_deref(), Ok("process"));
        assert_eq!(find(&[&process, &get], Some("get")).as_deref(), Ok("get"));
        for (functions, name, error) in [
            (
                &[&process as &dyn LocalFunction][..],
                Some("get"),
                "unknown function \"get\": the only function is `process`, and its name is optional",
            ),
            (&[&process, &get], Some("put"), "unknown function \"put\" (expected one of `process`, `get`)"),
            (&[&process, &get], None, "missing function name (expected one of `process`, `get`)"),
        ] {
            assert_eq!(find(functions, name), Err(error.to_owned()));
        }
    }
}
