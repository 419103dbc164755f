//! Writes metrics as lines in the Embedded Metric Format.
//!
//! See the [specification](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

use super::sink::{self, Recorded, Value};
use crate::json::escape::escape;
use crate::time::write_rfc3339;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
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

/// A metric of one line, or of several if it has many values.
#[derive(Debug)]
pub(super) struct Metric<'a> {
    name: Cow<'a, str>,
    unit: Option<&'static str>,
    values: Cow<'a, [f64]>,
}

impl Metric<'_> {
    /// Creates a metric of lrt.
    pub(super) fn automatic(name: &'static str, unit: &'static str, value: f64) -> Metric<'static> {
        Metric { name: Cow::Borrowed(name), unit: Some(unit), values: Cow::Owned(vec![value]) }
    }
}

/// The dimensions of a line, and the members of its labels that are not dimensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Dimensions {
    /// The names as JSON strings, separated by commas.
    names: String,
    count: usize,
    /// The names and values as members, each after a comma.
    members: String,
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
                self.names.push(',');
            }
            self.count += 1;
            push_string(&mut self.names, name);
        }
        self.members.push(',');
        push_string(&mut self.members, name);
        self.members.push(':');
        push_string(&mut self.members, value);
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
    lines: String,
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
        let lines = String::with_capacity(512);
        LineWriter { namespace, dimensions, request_id, level, warn, now: SystemTime::now(), lines }
    }

    pub(super) fn write(&mut self, automatic: &[Metric<'_>], own: &Recorded) {
        if own.is_empty() {
            return self.write_set(self.dimensions, automatic.iter());
        }
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
        self.write_set(self.dimensions, automatic.iter().chain(&without_labels));
        for (labels, metrics) in &sets {
            let name = metrics.first().map_or("", |metric| &*metric.name);
            let dimensions = self.dimensions.with_labels(labels, &mut |problem| (self.warn)(name, problem));
            self.write_set(&dimensions, metrics.iter());
        }
    }

    /// Returns the lines, each of which ends with a line feed.
    pub(super) fn finish(self) -> String {
        self.lines
    }

    /// Returns a metric of the function, without the values that CloudWatch does not accept.
    fn metric<'m>(&self, name: &'m str, value: &'m Value) -> Option<Metric<'m>> {
        if !is_name(name) {
            (self.warn)(name, "not written: CloudWatch accepts names of 1 to 255 ASCII characters");
            return None;
        }
        let (unit, factor) = match (sink::unit(name), value) {
            (Some((unit, factor)), _) => (Some(unit), factor),
            (None, Value::Counter(_)) => (Some("Count"), 1.0),
            (None, _) => (None, 1.0),
        };
        let mut values = match value {
            Value::Counter(sum) => vec![*sum as f64],
            Value::Gauge(value) => vec![*value],
            Value::Histogram(values) => values.clone(),
        };
        if factor != 1.0 {
            values.iter_mut().for_each(|value| *value *= factor);
        }
        if !values.iter().all(|value| is_value(*value)) {
            (self.warn)(name, "dropped a value: CloudWatch accepts numbers from -1e108 to 1e108");
            values.retain(|value| is_value(*value));
        }
        (!values.is_empty()).then_some(Metric { name: Cow::Borrowed(name), unit, values: Cow::Owned(values) })
    }

    /// Writes the metrics of one set of dimension values.
    fn write_set<'m>(&mut self, dimensions: &Dimensions, metrics: impl Iterator<Item = &'m Metric<'m>>) {
        let mut rest: Vec<(&Metric<'_>, &[f64])> = Vec::new();
        for metric in metrics {
            rest.extend(metric.values.chunks(MAX_VALUES).map(|values| (metric, values)));
        }
        while !rest.is_empty() {
            let mut line = Line::default();
            rest.retain(|(metric, values)| !line.add(dimensions, metric, values));
            self.write_line(dimensions, &line);
        }
    }

    fn write_line(&mut self, dimensions: &Dimensions, line: &Line<'_>) {
        let now = self.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let out = &mut self.lines;
        out.push_str("{\"_aws\":{\"Timestamp\":");
        push_integer(out, now as u64);
        // The namespace consists of characters that need no escape.
        out.extend([",\"CloudWatchMetrics\":[{\"Namespace\":\"", self.namespace, "\",\"Dimensions\":[["]);
        out.extend([&dimensions.names, "]],\"Metrics\":[", &line.definitions, "]}]}"]);
        out.extend([&dimensions.members, &*line.members]);
        if !self.request_id.is_empty() {
            out.push_str(",\"requestId\":");
            push_string(out, self.request_id);
        }
        if let Some(level) = self.level {
            out.extend([",\"level\":\"", level, "\",\"timestamp\":\""]);
            write_rfc3339(out, self.now);
            out.push('"');
        }
        out.push_str("}\n");
    }
}

/// The metrics of a line.
#[derive(Default)]
struct Line<'m> {
    /// The definitions, separated by commas.
    definitions: String,
    /// The values as members, each after a comma.
    members: String,
    names: Vec<&'m str>,
}

impl<'m> Line<'m> {
    /// Adds a metric, unless the line is full or has a metric of the same name.
    fn add(&mut self, dimensions: &Dimensions, metric: &'m Metric<'_>, values: &[f64]) -> bool {
        let length = dimensions.members.len() + self.definitions.len() + self.members.len();
        let is_full = self.names.len() == MAX_METRICS || length > MAX_LINE_BYTES - 8 * 1024;
        if (is_full && !self.names.is_empty()) || self.names.contains(&&*metric.name) {
            return false;
        }
        if !self.names.is_empty() {
            self.definitions.push(',');
        }
        self.names.push(&metric.name);
        let name = dimensions.unreserved(&metric.name);
        self.definitions.push_str("{\"Name\":");
        push_string(&mut self.definitions, &name);
        if let Some(unit) = metric.unit {
            self.definitions.extend([",\"Unit\":\"", unit, "\""]);
        }
        self.definitions.push('}');
        self.members.push(',');
        push_string(&mut self.members, &name);
        self.members.push(':');
        match values {
            [value] => push_number(&mut self.members, *value),
            values => {
                for (i, value) in values.iter().enumerate() {
                    self.members.push(if i == 0 { '[' } else { ',' });
                    push_number(&mut self.members, *value);
                }
                self.members.push(']');
            }
        }
        true
    }
}

/// Appends a JSON string.
fn push_string(out: &mut String, text: &str) {
    out.push('"');
    escape(text, |part| out.push_str(part));
    out.push('"');
}

/// Appends a finite number. Integers and thousandths, which durations are, are written without std's search for the
/// shortest form.
fn push_number(out: &mut String, value: f64) {
    const EXACT: f64 = 1e12;
    if value.abs() < EXACT {
        let thousandths = (value.abs() * 1000.0).round();
        if thousandths / 1000.0 == value.abs() {
            let thousandths = thousandths as u64;
            if value < 0.0 {
                out.push('-');
            }
            push_integer(out, thousandths / 1000);
            let fraction = thousandths % 1000;
            if fraction > 0 {
                let digits = [fraction / 100, fraction / 10 % 10, fraction % 10];
                let length = digits.iter().rposition(|digit| *digit > 0).map_or(0, |last| last + 1);
                out.push('.');
                out.extend(digits[..length].iter().map(|digit| char::from(b'0' + *digit as u8)));
            }
            return;
        }
    }
    // `Debug` uses an exponent for very large and very small numbers. Writing to a String cannot fail.
    let _ = write!(out, "{value:?}");
}

fn push_integer(out: &mut String, mut value: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend(digits[start..].iter().map(|digit| char::from(*digit)));
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
                let mut out = String::new();
                push_number(&mut out, value);
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
            let mut out = String::new();
            push_number(&mut out, value);
            assert_eq!(out, text);
        }
    }
}
