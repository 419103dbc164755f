//! Templates with any content, for the targets in `fuzz/`.

use super::yaml::{Map, Yaml};
use super::{Package, template as write};
use crate::function::LocalFunction;
use serde_json::Value;

pub(crate) fn template(functions: &[&dyn LocalFunction], source: &str) -> Result<String, String> {
    write(functions, &Package { binary: "bootstrap".to_owned(), source: source.to_owned() })
}

pub(crate) fn yaml(members: &serde_json::Map<String, Value>, comment: &str) -> String {
    map(members).note(comment).to_string()
}

fn map(members: &serde_json::Map<String, Value>) -> Map {
    members.iter().fold(Map::new(), |map, (name, value)| map.with(name, any(value)))
}

fn any(value: &Value) -> Yaml {
    match value {
        Value::Null => Map::new().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_u64().map_or(0, |number| number as u32).into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(any).collect::<Vec<_>>().into(),
        Value::Object(members) => map(members).into(),
    }
}
