//! `cargo run -- template`: an AWS SAM template of the functions in the binary.
//!
//! 1. `function`: the resource of a function, with its timeout; `services`: its permissions; `package`: the variables that the
//!    code reads.
//! 2. The source of its events, depending on the kind: `event_sources` (queues, streams, topics), `api` (APIs of API
//!    Gateway, which functions share; `authorizers` in front of them), `triggers` (buckets, rules, schedules, Firehose
//!    streams), `frontends` (function URLs, load balancers, VPC Lattice, WebSocket APIs).
//! 3. `idempotency`: the table of functions with that layer.
//! 4. `ids`: names of resources; `yaml`: formatting.
//!
//! Existing resources, such as a table, a cluster or a domain, are parameters.

mod api;
mod authorizers;
mod event_sources;
mod frontends;
mod function;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod idempotency;
mod ids;
mod package;
mod services;
mod triggers;
mod yaml;

use super::function::{LocalFunction, authorizer_of};
use super::redact::is_secret_name;
use api::Api;
use authorizers::AuthorizerResource;
use ids::Ids;
use yaml::{Map, reference};

pub(super) use package::Package;

/// The comment at the beginning.
const HEADER: &str = "\
# Generated once by `cargo run -- template`, for a file next to Cargo.toml. Edit it as needed.
#
#   sam build && sam deploy --guided
#
# SAM builds the binary with cargo-lambda, and adds permissions to write logs and to read queues and streams.
";

/// Lambda's minimum and default. CPU time is proportional to it.
const MEMORY_MB: u32 = 128;

/// A template under construction.
#[derive(Default)]
struct Template {
    ids: Ids,
    output_ids: Ids,
    parameters: Map,
    resources: Map,
    outputs: Map,
    apis: Vec<Api>,
    authorizers: Vec<AuthorizerResource>,
    /// Number of listener rules, each of which has a unique priority.
    rules: u32,
    /// The environment variables of all functions, each with the id of its parameter.
    variables: Vec<(String, String)>,
}

/// Returns the template of the functions in this binary.
pub(super) fn template(functions: &[&dyn LocalFunction], package: &Package) -> Result<String, String> {
    let mut template = Template::default();
    let is_idempotent = functions.iter().any(|function| idempotency::has_idempotency(*function));
    template.add_variables(package, is_idempotent);
    for function in functions {
        authorizer_of(functions, *function)?;
    }
    let functions = functions.iter().map(|function| template.function(*function));
    let mut functions = functions.collect::<Result<Vec<_>, _>>()?;
    template.authorizers = functions.iter().filter_map(AuthorizerResource::of).collect();
    template.assign_apis(&mut functions);
    for function in &functions {
        template.add_function(function, package);
    }
    if is_idempotent {
        template.add_idempotency_table();
    }
    template.add_apis();
    let globals = Map::new()
        .with("Runtime", "provided.al2023")
        .with("Architectures", ["arm64"])
        .with("CodeUri", ".")
        .with("MemorySize", MEMORY_MB)
        .note("JSON log lines can be filtered by their fields. lrt writes the format that is set here.")
        .with("LoggingConfig", Map::new().with("LogFormat", "JSON"))
        .and(template.environment());
    let document = Map::new()
        .with("AWSTemplateFormatVersion", "2010-09-09")
        .with("Transform", "AWS::Serverless-2016-10-31")
        .with("Globals", Map::new().with("Function", globals))
        .with_some("Parameters", template.parameters.or_none())
        .with("Resources", template.resources)
        .with_some("Outputs", template.outputs.or_none());
    Ok(format!("{HEADER}\n{document}").trim_end().to_owned())
}

impl Template {
    /// Adds a parameter and returns its id.
    fn parameter(&mut self, id: &str, description: &str) -> String {
        self.parameter_with(id, Map::new().with("Type", "String").with("Description", description))
    }

    fn parameter_with(&mut self, id: &str, properties: Map) -> String {
        let id = self.ids.claim(id);
        self.parameters.add(&id, properties);
        id
    }

    /// Adds a parameter that functions share, and returns its id. The suffixes of functions' ids differ from it.
    fn shared_parameter(&mut self, id: &'static str, description: &str) -> &'static str {
        if !self.parameters.has(id) {
            self.parameter(id, description);
        }
        id
    }

    /// Adds a parameter for each environment variable that the code reads, except for that of the idempotency table.
    fn add_variables(&mut self, package: &Package, is_idempotent: bool) {
        let mut names = package.variables();
        if is_idempotent {
            names = self.add_table_variables(names);
        }
        for name in names {
            let id = ids::of_variable(name);
            let description = format!("Value of the environment variable {name}");
            let is_secret = is_secret_name(name).then_some(true);
            let properties =
                Map::new().with("Type", "String").with_some("NoEcho", is_secret).with("Description", &*description);
            let parameter = self.parameter_with(&id, properties);
            self.variables.push((name.to_owned(), parameter));
        }
    }

    /// Returns the environment that all functions share.
    fn environment(&self) -> Map {
        let mut variables = Map::new();
        for (name, parameter) in &self.variables {
            variables.add(name, reference(parameter));
        }
        match variables.or_none() {
            Some(variables) => Map::new()
                .note(match self.variables.iter().any(|(_, id)| id == idempotency::TABLE) {
                    true => "Variables that the code reads.",
                    false => "Variables that the code reads. Each is a parameter.",
                })
                .with("Environment", Map::new().with("Variables", variables)),
            None => Map::new(),
        }
    }

    fn output(&mut self, id: &str, description: &str, value: impl Into<yaml::Yaml>) {
        let id = self.output_ids.claim(id);
        self.outputs.add(&id, Map::new().with("Description", description).with("Value", value));
    }
}

#[cfg(test)]
mod tests {
    use super::{Package, template};
    use crate::test_util::TestFunction;

    #[test]
    fn streams_are_rejected_for_kinds_that_do_not_support_them() {
        for kind in ["http_api", "api_gateway", "alb", "lattice", "websocket"] {
            let function = TestFunction { streams: true, ..TestFunction::new("tail", kind) };
            let error = format!("`tail` is of kind {kind} and cannot stream (expected function_url or rest_api)");
            assert_eq!(template(&[&function], &Package::default()), Err(error));
        }
        let function = TestFunction { streams: true, ..TestFunction::new("tail", "rest_api") };
        assert!(
            template(&[&function], &Package::default())
                .is_ok_and(|yaml| yaml.contains("ResponseTransferMode: RESPONSE_STREAM"))
        );
    }

    #[test]
    fn outputs_have_unique_keys() {
        let url = TestFunction::new("http_api", "function_url");
        let api = TestFunction { route: Some("GET /orders"), ..TestFunction::new("list", "http_api") };
        let template = template(&[&url, &api], &Package::default()).unwrap();
        let outputs = template.split_once("\nOutputs:\n").expect("outputs").1;
        let keys: Vec<_> = outputs.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).collect();
        assert_eq!(keys, ["  HttpApiUrl:", "  HttpApiUrl2:"], "{template}");
    }

    #[test]
    fn unusual_names_are_valid_yaml() {
        let template =
            template(&[&TestFunction::new("a: b", "json"), &TestFunction::new("#a b", "json")], &Package::default())
                .unwrap();
        assert!(template.contains("  ABFunction:\n"), "{template}");
        assert!(template.contains("  AB2Function:\n"), "{template}");
        assert!(template.contains("      Handler: \"a: b\"\n"), "{template}");
        assert!(template.contains("      Handler: \"#a b\"\n"), "{template}");
    }
}
