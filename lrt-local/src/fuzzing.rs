//! Private writers for the targets in `fuzz/`. Compiled with `--cfg fuzzing` only.

use crate::function::LocalFunction;
use crate::template;
use lrt_core::{Deployment, Environment};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

/// Removes credentials from an event or a reply, and returns their names.
pub fn remove_credentials(json: &mut Value) -> Vec<String> {
    crate::redact::remove_credentials(json).into_iter().collect()
}

/// Writes a value as YAML. Numbers are written as whole numbers of 32 bits, and `null` as an empty map.
pub fn yaml(members: &serde_json::Map<String, Value>, comment: &str) -> String {
    template::fuzzing::yaml(members, comment)
}

/// A function without code.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name.
    pub name: String,
    /// The kind of its events.
    pub kind: &'static str,
    /// The route of an HTTP function.
    pub route: Option<String>,
}

/// Returns the template of functions whose code reads an environment variable.
///
/// # Errors
///
/// Returns the reason why these functions have no template.
pub fn template(functions: &[Function], source: &str) -> Result<String, String> {
    let functions: Vec<&dyn LocalFunction> = functions.iter().map(|function| function as &dyn LocalFunction).collect();
    template::fuzzing::template(&functions, source)
}

impl LocalFunction for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    fn streams(&self) -> bool {
        false
    }

    fn deployment(&self) -> Deployment<'_> {
        Deployment::default()
    }

    fn run_until(&self, _: Environment, _: Pin<Box<dyn Future<Output = ()>>>) -> ExitCode {
        ExitCode::FAILURE
    }
}
