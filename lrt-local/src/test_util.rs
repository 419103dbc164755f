//! Functions that only have metadata, for tests of messages and templates. They cannot be run.

use super::function::LocalFunction;
use lrt_core::{AuthorizerSettings, Deployment, Environment, ErrorReport};
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Default)]
pub(super) struct TestFunction {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) route: Option<&'static str>,
    pub(super) streams: bool,
    pub(super) pattern: Option<&'static str>,
    pub(super) schedule: Option<&'static str>,
    pub(super) parameters: &'static str,
    pub(super) layers: &'static str,
    pub(super) decodes: Option<fn(&[u8]) -> Result<(), ErrorReport>>,
    pub(super) authorizer: Option<&'static str>,
    pub(super) identity_sources: Vec<String>,
    pub(super) cache: Duration,
    pub(super) iam_policy: bool,
}

impl TestFunction {
    pub(super) fn new(name: &'static str, kind: &'static str) -> TestFunction {
        TestFunction { name, kind, ..TestFunction::default() }
    }

    pub(super) fn authorizer(name: &'static str, identity_sources: &[&str], cache_seconds: u64) -> TestFunction {
        TestFunction {
            identity_sources: identity_sources.iter().map(|source| (*source).to_owned()).collect(),
            cache: Duration::from_secs(cache_seconds),
            ..TestFunction::new(name, "authorizer")
        }
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
        let mut deployment = Deployment::default();
        (deployment.parameters, deployment.layers) = (self.parameters, self.layers);
        (deployment.pattern, deployment.schedule) = (self.pattern, self.schedule);
        deployment.record_layers = self.layers;
        deployment.decodes = self.decodes;
        deployment.authorizer = self.authorizer;
        deployment.authorizer_settings = (self.kind == "authorizer").then_some(AuthorizerSettings {
            identity_sources: &self.identity_sources,
            cache: self.cache,
            iam_policy: self.iam_policy,
        });
        deployment
    }

    fn run_until(&self, _: Environment, _: Pin<Box<dyn Future<Output = ()>>>) -> ExitCode {
        unreachable!("tests of texts run no function")
    }
}
