//! Metrics of an invocation.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

/// The durations that lrt measures, which differ from run to run.
const DURATIONS: [&str; 2] = ["Duration", "InitDuration"];

/// The members of each line that are neither metrics nor dimensions.
const RESERVED: [&str; 2] = ["_aws", "requestId"];

/// The metrics of an invocation, returned by [`Outcome::metrics`](super::Outcome::metrics).
///
/// Implements `Serialize` for [insta](https://insta.rs), as a list of the sets of dimension values with their metrics. To keep
/// snapshots stable, `Duration` and `InitDuration` are `[time]`, and times and the request id are omitted.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<Value>);

impl Metrics {
    pub(super) fn parse(lines: &[String]) -> Metrics {
        Metrics(lines.iter().map(|line| serde_json::from_str(line).expect("lrt writes JSON")).collect())
    }

    /// Returns the lines in the Embedded Metric Format.
    pub fn lines(&self) -> &[Value] {
        &self.0
    }

    /// Returns all values of a metric, with any dimensions. Empty if it was not recorded.
    pub fn values(&self, name: &str) -> Vec<f64> {
        let lines = self.0.iter().filter(|line| definitions(line).any(|definition| definition["Name"] == name));
        let values = lines.flat_map(|line| match &line[name] {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        });
        values.filter_map(Value::as_f64).collect()
    }
}

/// Returns the definitions of the metrics in a line.
fn definitions(line: &Value) -> impl Iterator<Item = &Value> {
    line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().into_iter().flatten()
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Line))
    }
}

struct Line<'a>(&'a Value);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Line(line) = self;
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        let dimensions: Vec<&str> =
            directive["Dimensions"][0].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut metrics = Map::new();
        for definition in definitions(line) {
            let name = definition["Name"].as_str().unwrap_or_default();
            let value = if DURATIONS.contains(&name) { json!("[time]") } else { line[name].clone() };
            let key = if value.is_array() { "values" } else { "value" };
            let mut metric = Map::new();
            if let Some(unit) = definition.get("Unit") {
                metric.insert("unit".to_owned(), unit.clone());
            }
            metric.insert(key.to_owned(), value);
            metrics.insert(name.to_owned(), metric.into());
        }
        let members = line.as_object().into_iter().flatten();
        let members = members.filter(|(name, _)| !RESERVED.contains(&name.as_str()) && !metrics.contains_key(*name));
        let (of_dimensions, labels): (Vec<_>, Vec<_>) =
            members.map(|(name, value)| (name.as_str(), value)).partition(|(name, _)| dimensions.contains(name));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", &directive["Namespace"])?;
        map.serialize_entry("dimensions", &sorted(of_dimensions))?;
        if !labels.is_empty() {
            map.serialize_entry("labels", &sorted(labels))?;
        }
        map.serialize_entry(
            "metrics",
            &sorted(metrics.iter().map(|(name, metric)| (name.as_str(), metric)).collect()),
        )?;
        map.end()
    }
}

/// Returns members with sorted names, even if serde_json preserves their order in this build.
fn sorted(members: Vec<(&str, &Value)>) -> std::collections::BTreeMap<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}
