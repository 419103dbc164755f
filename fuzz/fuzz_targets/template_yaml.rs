//! Templates.
//!
//! Oracle: saphyr, a YAML parser.

#![no_main]

use lrt_local::fuzzing::{Function, template, yaml};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::Value;

/// The kinds of functions. Those with a route come first.
const KINDS: [&str; 19] = [
    "http_api",
    "rest_api",
    "api_gateway",
    "alb",
    "lattice",
    "http",
    "function_url",
    "websocket",
    "sqs",
    "dynamodb",
    "kinesis",
    "kafka",
    "s3",
    "firehose",
    "eventbridge",
    "json",
    "service",
    "authorizer",
    "",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    // A key of YAML has at most 1024 characters, and the name of a function at most 64.
    if text.len() > 1000 {
        return;
    }
    if let Ok(Value::Object(members)) = serde_json::from_str(text) {
        let expected = Value::Object(members.clone());
        if !members.is_empty() {
            let written = yaml(&members, text);
            assert!(is_same(&parse(&written), &expected), "{written}");
        }
    }
    // Names of functions, routes and variables, one per line.
    let mut functions = Vec::new();
    for (line, kind) in text.lines().zip(KINDS.iter().cycle()) {
        let (name, route) = line.split_once('|').unwrap_or((line, ""));
        let route = lrt_http::Route::parse(route).ok().map(|route| route.to_string());
        let route = route.filter(|_| KINDS[..5].contains(kind));
        functions.push(Function { name: name.to_owned(), kind, route });
    }
    if functions.is_empty() {
        return;
    }
    let source = format!("std::env::var({text:?}); lrt::env((\"A_B\", \"{}\"))", functions[0].name);
    let Ok(template) = template(&functions, &source) else { return };
    let parsed = parse(&template);
    let resources = parsed.as_mapping_get("Resources").and_then(Yaml::as_mapping).expect("a template has resources");
    let handlers: Vec<_> = resources
        .values()
        .filter_map(|resource| resource.as_mapping_get("Properties")?.as_mapping_get("Handler")?.as_str())
        .collect();
    let names: Vec<_> = functions.iter().map(|function| &*function.name).collect();
    assert_eq!(handlers, names, "{template}");
});

fn parse(text: &str) -> Yaml<'_> {
    let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    documents.into_iter().next().unwrap_or_else(|| panic!("no document:\n{text}"))
}

fn is_same(yaml: &Yaml<'_>, json: &Value) -> bool {
    match (yaml, json) {
        (Yaml::Mapping(yaml), Value::Object(json)) => {
            yaml.len() == json.len()
                && yaml
                    .iter()
                    .zip(json)
                    .all(|((name, yaml), (other, json))| name.as_str() == Some(other) && is_same(yaml, json))
        }
        (Yaml::Mapping(yaml), Value::Null) => yaml.is_empty(),
        (Yaml::Sequence(yaml), Value::Array(json)) => {
            yaml.len() == json.len() && yaml.iter().zip(json).all(|(a, b)| is_same(a, b))
        }
        (Yaml::Value(Scalar::String(yaml)), Value::String(json)) => yaml == json,
        (Yaml::Value(Scalar::Boolean(yaml)), Value::Bool(json)) => yaml == json,
        (Yaml::Value(Scalar::Integer(yaml)), Value::Number(json)) => {
            *yaml == json.as_u64().map_or(0, |json| i64::from(json as u32))
        }
        _ => false,
    }
}
