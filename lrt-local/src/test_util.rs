//! Functions that nobody runs, for tests of what is said of functions.

use super::function::LocalFunction;
use lrt_core::{Deployment, Environment};
use std::pin::Pin;
use std::process::ExitCode;

pub(super) struct TestFunction {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) route: Option<&'static str>,
    pub(super) streams: bool,
}

impl TestFunction {
    pub(super) fn new(name: &'static str, kind: &'static str) -> TestFunction {
        TestFunction { name, kind, route: None, streams: false }
    }
}

impl LocalFunction for TestFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn route(&self) -> Option<&str> {
        self.route
    }

    fn streams(&self) -> bool {
        self.streams
    }

    fn deployment(&self) -> Deployment<'_> {
        Deployment::default()
    }

    fn run_until(&self, _: Environment, _: Pin<Box<dyn Future<Output = ()>>>) -> ExitCode {
        unreachable!("nobody runs it")
    }
}
