//! A function without its type: there may be several.

use lrt_core::{Deployment, Environment, Handler};
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

/// A function, as far as the local Lambda knows it.
pub trait LocalFunction: Send + Sync {
    /// Its name, as `_HANDLER` has it.
    fn name(&self) -> &str;

    /// The kind of its events.
    fn kind(&self) -> &'static str;

    /// Its route, if it is an HTTP function with one.
    fn route(&self) -> Option<&str>;

    /// Whether its replies are streams.
    fn streams(&self) -> bool;

    /// What a template needs to know.
    fn deployment(&self) -> Deployment<'_>;

    /// Runs it in this process, until `stop` is ready.
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

/// The function of this name. It may be left out where there is but one.
pub(super) fn named<'a>(
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
            (None, _) => format!("which function? One of {names}"),
            (Some(name), 1) => format!("no function is called {name:?}: it is {names}, which need not be named"),
            (Some(name), _) => format!("no function is called {name:?}: they are {names}"),
        }
    })
}

/// What they are called, in the order in which `main!` names them.
pub(super) fn names(functions: &[&dyn LocalFunction]) -> String {
    let names: Vec<String> = functions.iter().map(|function| format!("`{}`", function.name())).collect();
    names.join(", ")
}
