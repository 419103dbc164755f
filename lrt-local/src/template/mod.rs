//! `cargo run -- template`: an AWS SAM template of the binary's functions.
//!
//! 1. `function`: the resource of a function, and how long it may take.
//! 2. What stands in front of it, by its kind: `records` (a queue, a stream, a topic), `api` (APIs of API Gateway, which
//!    functions share), `front` (function URLs, load balancers, VPC Lattice, WebSocket APIs).
//! 3. `ids`: what all of that is called; `yaml`: how it is written.
//!
//! What nobody can know here is a parameter: which table, which cluster, which domain.

mod api;
mod event_sources;
mod frontends;
mod function;
mod ids;
mod yaml;

use super::function::LocalFunction;
use api::Api;
use ids::Ids;
use yaml::Map;

/// What stands above it.
const HEAD: &str = "\
# Written by `cargo run -- template`, for a file beside Cargo.toml: from here on it is yours.
#
#   sam build && sam deploy --guided
#
# SAM has cargo-lambda build the binary.
";

/// Lambda's least and default. What is more brings more of a CPU, too.
const MEMORY_MB: u32 = 128;

/// The template, while functions are added to it.
#[derive(Default)]
struct Template {
    ids: Ids,
    parameters: Map,
    resources: Map,
    outputs: Map,
    apis: Vec<Api>,
    /// How many rules of listeners there are: each has a priority of its own.
    rules: u32,
}

/// The template of these functions, which are all in the binary of this name; or why there can be none.
pub(super) fn template(functions: &[&dyn LocalFunction], binary: &str) -> Result<String, String> {
    let mut template = Template::default();
    for function in functions {
        template.add_function(*function, binary)?;
    }
    template.add_apis();
    let globals = Map::new()
        .with("Runtime", "provided.al2023")
        .with("Architectures", ["arm64"])
        .with("CodeUri", ".")
        .with("MemorySize", MEMORY_MB);
    let document = Map::new()
        .with("AWSTemplateFormatVersion", "2010-09-09")
        .with("Transform", "AWS::Serverless-2016-10-31")
        .with("Globals", Map::new().with("Function", globals))
        .with_some("Parameters", template.parameters.or_none())
        .with("Resources", template.resources)
        .with_some("Outputs", template.outputs.or_none());
    Ok(format!("{HEAD}\n{document}").trim_end().to_owned())
}

impl Template {
    /// The id of a parameter.
    fn parameter(&mut self, id: &str, what: &str) -> String {
        let id = self.ids.claim(id);
        self.parameters.add(&id, Map::new().with("Type", "String").with("Description", what));
        id
    }

    /// The id of a parameter that functions share. No function's own ids end so.
    fn shared_parameter(&mut self, id: &'static str, what: &str) -> &'static str {
        if !self.parameters.has(id) {
            self.parameter(id, what);
        }
        id
    }

    fn output(&mut self, id: &str, what: &str, value: impl Into<yaml::Yaml>) {
        self.outputs.add(id, Map::new().with("Description", what).with("Value", value));
    }
}

#[cfg(test)]
mod tests {
    use super::template;
    use crate::test_util::TestFunction;

    #[test]
    fn a_stream_that_no_api_takes_is_told() {
        for kind in ["http_api", "api_gateway", "alb", "lattice", "websocket"] {
            let function = TestFunction { streams: true, ..TestFunction::new("tail", kind) };
            let why =
                format!("`tail` is of kind {kind} and cannot stream: only a function URL and a REST API take streams");
            assert_eq!(template(&[&function], "tail"), Err(why));
        }
        let function = TestFunction { streams: true, ..TestFunction::new("tail", "rest_api") };
        assert!(
            template(&[&function], "tail").is_ok_and(|yaml| yaml.contains("ResponseTransferMode: RESPONSE_STREAM"))
        );
    }

    #[test]
    fn what_is_odd_in_names_stays_yaml() {
        let template =
            template(&[&TestFunction::new("a: b", "json"), &TestFunction::new("#a b", "json")], "x y").unwrap();
        assert!(template.contains("  ABFunction:\n"), "{template}");
        assert!(template.contains("  AB2Function:\n"), "{template}");
        assert!(template.contains("      Handler: \"a: b\"\n"), "{template}");
        assert!(template.contains("      Handler: \"#a b\"\n"), "{template}");
    }
}
