//! The rules of the Embedded Metric Format.
//!
//! They are those of the JSON schema and the text of the
//! [specification](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
//! and of [MetricDatum](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html) and
//! [Dimension](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html).

use serde_json::Value;

const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// Returns the first rule that a line breaks.
pub(crate) fn check(line: &str) -> Result<Value, String> {
    let rule = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(format!("{rule}: {line}")) };
    rule(line.len() <= 256 * 1024, "a log event has at most 256 KB")?;
    let root: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
    rule(root.is_object(), "the root is an object")?;
    let names = member_names(line);
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    rule(unique.len() == names.len(), "members are unique")?;
    rule(root["_aws"]["Timestamp"].is_u64(), "`Timestamp` is an integer")?;
    let directives = root["_aws"]["CloudWatchMetrics"].as_array().ok_or("`CloudWatchMetrics` is an array")?;
    for directive in directives {
        let namespace = directive["Namespace"].as_str().ok_or("`Namespace` is a string")?;
        rule((1..=255).contains(&namespace.len()), "a namespace has 1 to 255 characters")?;
        let sets = directive["Dimensions"].as_array().ok_or("`Dimensions` is an array")?;
        rule(!sets.is_empty(), "there is a set of dimensions")?;
        for set in sets {
            let set = set.as_array().ok_or("a set of dimensions is an array")?;
            rule(set.len() <= 30, "a set has at most 30 dimensions")?;
            for name in set {
                let name = name.as_str().ok_or("a dimension is a string")?;
                rule((1..=255).contains(&name.len()) && !name.starts_with(':'), "a dimension has 1 to 255 characters")?;
                let value = root[name].as_str().ok_or_else(|| format!("{name} is a string: {line}"))?;
                rule((1..=1024).contains(&value.len()), "the value of a dimension has 1 to 1024 characters")?;
                rule(
                    format!("{name}{value}").bytes().all(|byte| (b' '..=b'~').contains(&byte)),
                    "dimensions are ASCII",
                )?;
                rule(!value.trim().is_empty(), "the value of a dimension is not blank")?;
            }
        }
        let metrics = directive["Metrics"].as_array().ok_or("`Metrics` is an array")?;
        rule((1..=100).contains(&metrics.len()), "a line has 1 to 100 metrics")?;
        for metric in metrics {
            let name = metric["Name"].as_str().ok_or("`Name` is a string")?;
            rule((1..=255).contains(&name.len()), "the name of a metric has 1 to 255 characters")?;
            if let Some(unit) = metric.get("Unit") {
                rule(unit.as_str().is_some_and(|unit| UNITS.contains(&unit)), "`Unit` is a unit of CloudWatch")?;
            }
            let values = match &root[name] {
                Value::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            rule((1..=100).contains(&values.len()), "a metric has 1 to 100 values")?;
            for value in values {
                let size = value.as_f64().ok_or_else(|| format!("{name} is a number: {line}"))?.abs();
                rule(size == 0.0 || (8.515920e-109..=1.174271e108).contains(&size), "CloudWatch accepts the value")?;
            }
        }
    }
    Ok(root)
}

/// Returns the names of the root's members, in order.
fn member_names(line: &str) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Names;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        names.push(name);
                    }
                    Ok(Names(names))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Names>(line).map(|names| names.0).unwrap_or_default()
}

#[test]
fn example_of_the_specification_is_valid() {
    let line = r#"{"_aws":{"Timestamp":1574109732004,"CloudWatchMetrics":[{"Namespace":"lambda-function-metrics",
        "Dimensions":[["functionVersion"]],"Metrics":[{"Name":"time","Unit":"Milliseconds"}]}]},
        "functionVersion":"$LATEST","time":100,"requestId":"989ffbf8-9ace-4817-a57c-e4dd734019ee"}"#;
    check(line).unwrap();
    for (valid, invalid) in [
        ("1574109732004", "\"now\""),
        ("Milliseconds", "Millis"),
        ("[[\"functionVersion\"]]", "[]"),
        ("[[\"functionVersion\"]]", "[[\"function\"]]"),
        ("\"$LATEST\"", "1"),
        ("\"$LATEST\"", "\"\""),
        (":100", ":\"100\""),
        (":100", ":[]"),
        (":100", ":1e200"),
        ("\"requestId\"", "\"time\""),
        ("\"lambda-function-metrics\"", "\"\""),
    ] {
        assert!(line.contains(valid));
        assert!(check(&line.replace(valid, invalid)).is_err(), "{invalid}");
    }
}
