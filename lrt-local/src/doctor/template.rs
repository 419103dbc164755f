//! A template of AWS SAM or CloudFormation, in YAML or JSON.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A template. Tags are removed: `!Ref Queue` is the string `Queue`, and `!GetAtt Queue.Arn` is `Queue.Arn`.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) name: String,
    document: Value,
}

/// A resource of a template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'a str,
    pub(super) properties: &'a Value,
    value: &'a Value,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Returns an error that names the file if it cannot be read or is not valid YAML.
    pub(super) fn read(path: &Path) -> Result<Template, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let documents = Yaml::load_from_str(&text);
        let documents = documents.map_err(|error| format!("{} is not valid YAML: {error}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Template { name, document: documents.first().map_or(Value::Null, value) })
    }

    /// Returns the resources that have a type.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let resources = self.document["Resources"].as_object().into_iter().flatten();
        resources.filter_map(|(id, value)| {
            Some(Resource { id, kind: value["Type"].as_str()?, properties: &value["Properties"], value })
        })
    }

    /// Returns a property of a function, or SAM's global one.
    pub(super) fn property<'a>(&'a self, function: &Resource<'a>, name: &str) -> &'a Value {
        match &function.properties[name] {
            Value::Null if function.kind.starts_with("AWS::Serverless::") => {
                &self.document["Globals"]["Function"][name]
            }
            value => value,
        }
    }

    /// Returns the resource that a value refers to.
    pub(super) fn referenced(&self, value: &Value) -> Option<Resource<'_>> {
        let id = referenced_id(value)?;
        self.resources().find(|resource| resource.id == id)
    }
}

impl Resource<'_> {
    /// Returns the name of the binary that SAM builds.
    pub(super) fn binary(&self) -> Option<&str> {
        self.value["Metadata"]["BuildProperties"]["Binary"].as_str()
    }
}

/// Returns the logical id in `!Ref Id`, `!GetAtt Id.Arn`, `!Sub "${Id.Arn}"`, or one of the long forms.
pub(super) fn referenced_id(value: &Value) -> Option<&str> {
    let text = match value {
        Value::String(text) => text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or(text),
        Value::Object(function) => {
            let argument = function.get("Ref").or(function.get("Fn::GetAtt")).or(function.get("Fn::Sub"))?;
            return referenced_id(argument.get(0).unwrap_or(argument));
        }
        // `!GetAtt [Id, Arn]`
        Value::Array(path) => return path.first().and_then(referenced_id),
        _ => return None,
    };
    text.split('.').next()
}

/// Converts a node to JSON, without its tags.
fn value(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Boolean(boolean)) => Value::from(*boolean),
        Yaml::Value(Scalar::Integer(integer)) => Value::from(*integer),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::from(number.0),
        Yaml::Value(Scalar::String(text)) | Yaml::Representation(text, ..) => Value::from(&**text),
        Yaml::Sequence(nodes) => nodes.iter().map(value).collect(),
        Yaml::Mapping(entries) => {
            let entries = entries.iter().filter_map(|(key, node)| Some((key.as_str()?.to_owned(), value(node))));
            Value::Object(entries.collect())
        }
        Yaml::Tagged(_, node) => value(node),
        Yaml::Value(Scalar::Null) | Yaml::Alias(_) | Yaml::BadValue => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_resolved_in_each_form() {
        for yaml in [
            "!Ref Queue",
            "!GetAtt Queue.Arn",
            "!GetAtt [Queue, Arn]",
            "!Sub \"${Queue.Arn}\"",
            "{Ref: Queue}",
            "{\"Fn::GetAtt\": [Queue, Arn]}",
            "{\"Fn::GetAtt\": Queue.Arn}",
            "{\"Fn::Sub\": \"${Queue.Arn}\"}",
        ] {
            let documents = Yaml::load_from_str(yaml).unwrap();
            assert_eq!(referenced_id(&value(&documents[0])), Some("Queue"), "{yaml}");
        }
    }

    #[test]
    fn values_keep_their_types() {
        let yaml = "{a: 30, b: '30', c: true, d: 1.5, e: [x, {}], f: , g: !If [A, 1, 2], h: !Sub 7}";
        let documents = Yaml::load_from_str(yaml).unwrap();
        let expected = json!({
            "a": 30, "b": "30", "c": true, "d": 1.5, "e": ["x", {}], "f": null, "g": ["A", 1, 2], "h": 7,
        });
        assert_eq!(value(&documents[0]), expected);
    }
}
