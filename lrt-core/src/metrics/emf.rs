//! Writes metrics as lines in the Embedded Metric Format.
//!
//! See the [specification](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

use super::sink::{self, Recorded, Value};
use crate::decimal::write_decimal;
use crate::json::escape::write_string;
use crate::time::write_rfc3339;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::slice;
use std::time::{SystemTime, UNIX_EPOCH};

/// The maximum number of metrics in a line.
const MAX_METRICS: usize = 100;

/// The maximum number of values of a metric in a line.
const MAX_VALUES: usize = 100;

/// The maximum number of dimensions of a metric.
const MAX_DIMENSIONS: usize = 30;

/// The maximum length of the name of a metric or a dimension; see
/// [MetricDatum](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html).
const MAX_NAME_CHARS: usize = 255;

/// The maximum length of the value of a dimension; see
/// [Dimension](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html).
const MAX_DIMENSION_CHARS: usize = 1024;

/// The maximum length of a line. A log event may have 256 KB; the rest is for what Lambda adds.
const MAX_LINE_BYTES: usize = 240 * 1024;

/// The maximum length of the labels of a line.
const MAX_LABELS_BYTES: usize = 128 * 1024;

/// The absolute values that CloudWatch accepts, except for 0; see
/// [MetricDatum](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html).
const VALUES: std::ops::RangeInclusive<f64> = 8.515920e-109..=1.174271e108;

/// Members of each line that are neither metrics nor dimensions.
const RESERVED: [&str; 4] = ["_aws", "requestId", "level", "timestamp"];

/// A metric of lrt.
#[derive(Debug)]
pub(super) struct AutomaticMetric {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    /// The value, unless the metric was not recorded.
    pub(super) value: Option<f64>,
}

impl AutomaticMetric {
    fn part(&self) -> Option<Part<'_>> {
        let values = self.value.as_slice();
        (!values.is_empty()).then_some(Part { name: self.name, unit: Some(self.unit), values })
    }
}

/// A metric of the function, with the values that CloudWatch accepts.
#[derive(Debug)]
struct Metric<'a> {
    name: &'a str,
    unit: Option<&'static str>,
    values: Vec<f64>,
}

impl Metric<'_> {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.values.chunks(MAX_VALUES).map(|values| Part { name: self.name, unit: self.unit, values })
    }
}

/// The part of a metric that is in one line.
struct Part<'a> {
    name: &'a str,
    unit: Option<&'static str>,
    values: &'a [f64],
}

/// The dimensions of a line, and the members of its labels that are not dimensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Dimensions {
    /// The names as JSON strings, separated by commas.
    names: Vec<u8>,
    count: usize,
    /// The names and values as members, each after a comma.
    members: Vec<u8>,
    /// The names of the members.
    taken: Vec<String>,
}

impl Dimensions {
    /// Creates the dimensions of all metrics of a function. Empty values are omitted.
    pub(super) fn new(dimensions: &[(&str, &str)]) -> Dimensions {
        let mut new = Dimensions { taken: RESERVED.map(str::to_owned).into(), ..Dimensions::default() };
        for (name, value) in dimensions.iter().filter(|(_, value)| is_dimension_value(value)) {
            new.add(name, value, true);
        }
        new
    }

    /// Returns these dimensions and one for each label. Labels that CloudWatch does not accept as dimensions become
    /// members of the line.
    fn with_labels(&self, labels: &[(&str, &str)], warn: &mut dyn FnMut(&str)) -> Dimensions {
        let mut all = self.clone();
        for (name, value) in labels {
            if all.members.len() + 6 * (name.len() + value.len()) > MAX_LABELS_BYTES {
                warn("omitted labels: they are too long for one line");
                break;
            }
            let is_dimension = is_name(name) && is_dimension_value(value);
            if !is_dimension {
                warn(&format!("the label {name:?} is not a dimension: CloudWatch does not accept its name or value"));
            } else if all.count == MAX_DIMENSIONS {
                warn("some labels are not dimensions: CloudWatch accepts 30 dimensions");
            }
            let name = all.unreserved(name).into_owned();
            all.add(&name, value, is_dimension && all.count < MAX_DIMENSIONS);
        }
        all
    }

    fn add(&mut self, name: &str, value: &str, is_dimension: bool) {
        if is_dimension {
            if self.count > 0 {
                self.names.push(b',');
            }
            self.count += 1;
            write_string(&mut self.names, name);
        }
        self.members.push(b',');
        write_string(&mut self.members, name);
        self.members.push(b':');
        write_string(&mut self.members, value);
        self.taken.push(name.to_owned());
    }

    /// Returns the name, changed to `level_` if the line has another member of that name.
    fn unreserved<'a>(&self, name: &'a str) -> Cow<'a, str> {
        let mut name = Cow::Borrowed(name);
        while self.taken.iter().any(|taken| *taken == *name) {
            name.to_mut().push('_');
        }
        name
    }
}

/// Returns true for the name of a metric or a dimension that CloudWatch accepts.
fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_CHARS && is_text(name) && !name.starts_with(':')
}

fn is_dimension_value(value: &str) -> bool {
    value.len() <= MAX_DIMENSION_CHARS && is_text(value)
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn is_value(value: f64) -> bool {
    value == 0.0 || VALUES.contains(&value.abs())
}

/// Writes the lines for the metrics of one invocation: one for each set of dimension values, and more where a line would
/// be larger than the format allows.
pub(super) struct LineWriter<'a> {
    namespace: &'a str,
    dimensions: &'a Dimensions,
    request_id: &'a str,
    level: Option<&'static str>,
    warn: &'a dyn Fn(&str, &str),
    now: SystemTime,
    lines: Vec<u8>,
}

impl<'a> LineWriter<'a> {
    /// `warn` receives the name of a metric and the problem with it.
    pub(super) fn new(
        namespace: &'a str,
        dimensions: &'a Dimensions,
        request_id: &'a str,
        level: Option<&'static str>,
        warn: &'a dyn Fn(&str, &str),
    ) -> LineWriter<'a> {
        let lines = Vec::with_capacity(512);
        LineWriter { namespace, dimensions, request_id, level, warn, now: SystemTime::now(), lines }
    }

    pub(super) fn write<'m>(&mut self, automatic: impl Iterator<Item = &'m AutomaticMetric>, own: &'m Recorded) {
        let mut sets: BTreeMap<Vec<(&str, &str)>, Vec<Metric<'_>>> = BTreeMap::new();
        for (key, value) in own.iter() {
            let mut labels: Vec<_> = key.labels().map(|label| (label.key(), label.value())).collect();
            labels.sort_unstable();
            if let Some(metric) = self.metric(key.name(), value) {
                sets.entry(labels).or_default().push(metric);
            }
        }
        // The metrics of lrt have no labels.
        let without_labels = sets.remove(&Vec::new()).unwrap_or_default();
        let parts = without_labels.iter().flat_map(Metric::parts);
        self.write_set(self.dimensions, automatic.filter_map(|metric| metric.part()).chain(parts));
        for (labels, metrics) in &sets {
            let name = metrics.first().map_or("", |metric| metric.name);
            let dimensions = self.dimensions.with_labels(labels, &mut |problem| (self.warn)(name, problem));
            self.write_set(&dimensions, metrics.iter().flat_map(Metric::parts));
        }
    }

    /// Returns the lines, each of which ends with a line feed.
    pub(super) fn finish(self) -> Vec<u8> {
        self.lines
    }

    /// Returns a metric of the function, without the values that CloudWatch does not accept.
    fn metric<'m>(&self, name: &'m str, value: &Value) -> Option<Metric<'m>> {
        if !is_name(name) {
            (self.warn)(name, "not written: CloudWatch accepts names of 1 to 255 ASCII characters");
            return None;
        }
        let (unit, factor) = match (sink::unit(name), value) {
            (Some((unit, factor)), _) => (Some(unit), factor),
            (None, Value::Counter(_)) => (Some("Count"), 1.0),
            (None, _) => (None, 1.0),
        };
        let recorded = match value {
            Value::Counter(sum) => &[*sum as f64][..],
            Value::Gauge(value) => slice::from_ref(value),
            Value::Histogram(values) => values,
        };
        let values: Vec<f64> = recorded.iter().map(|value| value * factor).filter(|value| is_value(*value)).collect();
        if values.len() < recorded.len() {
            (self.warn)(name, "dropped a value: CloudWatch accepts numbers from -1e108 to 1e108");
        }
        (!values.is_empty()).then_some(Metric { name, unit, values })
    }

    /// Writes the metrics of one set of dimension values.
    fn write_set<'m>(&mut self, dimensions: &Dimensions, parts: impl Iterator<Item = Part<'m>>) {
        let mut rest = self.write_line(dimensions, parts);
        while !rest.is_empty() {
            rest = self.write_line(dimensions, rest.into_iter());
        }
    }

    /// Writes a line if there are metrics. Returns the parts that do not fit, or whose name is already in the line.
    fn write_line<'m>(&mut self, dimensions: &Dimensions, parts: impl Iterator<Item = Part<'m>>) -> Vec<Part<'m>> {
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return Vec::new();
        }
        let now = self.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let out = &mut self.lines;
        push(out, ["{\"_aws\":{\"Timestamp\":"]);
        write_decimal(out, now as u64);
        // The namespace consists of characters that need no escape.
        push(out, [",\"CloudWatchMetrics\":[{\"Namespace\":\"", self.namespace, "\",\"Dimensions\":[["]);
        out.extend_from_slice(&dimensions.names);
        push(out, ["]],\"Metrics\":["]);
        let start = out.len();
        // The values as members, each after a comma.
        let mut members = Vec::with_capacity(128);
        let mut names: Vec<Cow<'_, str>> = Vec::with_capacity(8);
        let mut rest = Vec::new();
        for part in parts {
            let length = dimensions.members.len() + out.len() - start + members.len();
            let is_full = names.len() == MAX_METRICS || length > MAX_LINE_BYTES - 8 * 1024;
            let name = dimensions.unreserved(part.name);
            if (is_full && !names.is_empty()) || names.contains(&name) {
                rest.push(part);
                continue;
            }
            if !names.is_empty() {
                out.push(b',');
            }
            push(out, ["{\"Name\":"]);
            write_string(out, &name);
            if let Some(unit) = part.unit {
                push(out, [",\"Unit\":\"", unit, "\""]);
            }
            out.push(b'}');
            members.push(b',');
            write_string(&mut members, &name);
            members.push(b':');
            write_values(&mut members, part.values);
            names.push(name);
        }
        push(out, ["]}]}"]);
        out.extend_from_slice(&dimensions.members);
        out.extend_from_slice(&members);
        if !self.request_id.is_empty() {
            push(out, [",\"requestId\":"]);
            write_string(out, self.request_id);
        }
        if let Some(level) = self.level {
            let mut timestamp = String::new();
            write_rfc3339(&mut timestamp, self.now);
            push(out, [",\"level\":\"", level, "\",\"timestamp\":\"", &timestamp, "\""]);
        }
        push(out, ["}\n"]);
        rest
    }
}

fn push<const N: usize>(out: &mut Vec<u8>, parts: [&str; N]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}

/// Appends a number, or an array of numbers.
fn write_values(out: &mut Vec<u8>, values: &[f64]) {
    match values {
        [value] => write_number(out, *value),
        values => {
            for (i, value) in values.iter().enumerate() {
                out.push(if i == 0 { b'[' } else { b',' });
                write_number(out, *value);
            }
            out.push(b']');
        }
    }
}

/// Appends a finite number. Integers and thousandths, which durations are, are written without std's search for the
/// shortest form.
fn write_number(out: &mut Vec<u8>, value: f64) {
    const EXACT: f64 = 1e12;
    if value.abs() < EXACT {
        let thousandths = (value.abs() * 1000.0).round();
        if thousandths / 1000.0 == value.abs() {
            let thousandths = thousandths as u64;
            if value < 0.0 {
                out.push(b'-');
            }
            write_decimal(out, thousandths / 1000);
            let fraction = thousandths % 1000;
            if fraction > 0 {
                let digits = [fraction / 100, fraction / 10 % 10, fraction % 10];
                let length = digits.iter().rposition(|digit| *digit > 0).map_or(0, |last| last + 1);
                out.push(b'.');
                out.extend(digits[..length].iter().map(|digit| b'0' + *digit as u8));
            }
            return;
        }
    }
    // `Debug` uses an exponent for very large and very small numbers. Writing to a Vec cannot fail.
    let _ = write!(out, "{value:?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_written(value in any::<f64>().prop_filter("finite", |value| value.is_finite()),
            thousandths in -9_000_000_000_000i64..9_000_000_000_000) {
            for value in [value, thousandths as f64 / 1000.0, thousandths as f64] {
                let mut out = Vec::new();
                write_number(&mut out, value);
                let out = String::from_utf8(out).unwrap();
                // serde_json reads some numbers with an error in the last digit.
                prop_assert!(serde_json::from_str::<f64>(&out).is_ok(), "{}", out);
                prop_assert_eq!(out.parse::<f64>().unwrap(), value, "{}", out);
            }
        }
    }

    #[test]
    fn durations_have_up_to_three_decimals() {
        for (value, text) in
            [(0.0, "0"), (1.0, "1"), (1.5, "1.5"), (0.001, "0.001"), (-12.34, "-12.34"), (1e300, "1e300")]
        {
            let mut out = Vec::new();
            write_number(&mut out, value);
            assert_eq!(out, text.as_bytes());
        }
    }
}
