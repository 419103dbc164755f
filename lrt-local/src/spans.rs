//! Spans that functions with `lrt-otel` have sent, for the page.

use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The variable that contains the URL for the spans of a process. `lrt-otel` reads it.
pub(super) const VARIABLE: &str = "LRT_LOCAL_SPANS_URL";

/// The maximum number of spans. The oldest are dropped.
const MAX_SPANS: usize = 10_000;

/// A span that has ended.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span {
    id: String,
    parent_id: String,
    name: String,
    /// Nanoseconds since the Unix epoch.
    start: u64,
    end: u64,
    error: Option<String>,
    /// The request id, for the span of an invocation.
    request_id: Option<String>,
}

/// A row of an invocation's diagram.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    name: String,
    /// The number of spans around this one.
    depth: usize,
    /// Since the start of the invocation. Negative for a span that has started before it.
    start_ms: f64,
    duration_ms: f64,
    error: Option<String>,
}

/// The last spans of all functions, oldest first.
#[derive(Default)]
pub(super) struct Spans(Mutex<VecDeque<Span>>);

impl Spans {
    pub(super) fn add(&self, new: Vec<Span>) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.extend(new);
        let excess = spans.len().saturating_sub(MAX_SPANS);
        spans.drain(..excess);
    }

    /// Returns the span of the last invocation with this request id and all spans in it, each followed by its children in the order
    /// of their start.
    pub(super) fn of_invocation(&self, request_id: &str) -> Vec<Row> {
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(root) = spans.iter().rfind(|span| span.request_id.as_deref() == Some(request_id)) else {
            return Vec::new();
        };
        let ms = |from: u64, to: u64| (i128::from(to) - i128::from(from)) as f64 / 1e6;
        let mut children_of = HashMap::<&str, Vec<&Span>>::new();
        for span in spans.iter() {
            children_of.entry(&span.parent_id).or_default().push(span);
        }
        let mut rows = Vec::new();
        // A span that names itself as its parent would be visited forever.
        let mut seen = HashSet::from([&root.id]);
        let mut rest = vec![(root, 0)];
        while let Some((span, depth)) = rest.pop() {
            rows.push(Row {
                name: span.name.clone(),
                depth,
                start_ms: ms(root.start, span.start),
                duration_ms: ms(span.start, span.end),
                error: span.error.clone(),
            });
            let mut children = children_of.remove(&*span.id).unwrap_or_default();
            children.retain(|child| seen.insert(&child.id));
            children.sort_by_key(|child| Reverse(child.start));
            rest.extend(children.into_iter().map(|child| (child, depth + 1)));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: &str, start_ms: u64, end_ms: u64) -> Span {
        Span {
            id: id.to_owned(),
            parent_id: parent.to_owned(),
            name: format!("span {id}"),
            start: 1_800_000_000_000_000_000 + start_ms * 1_000_000,
            end: 1_800_000_000_000_000_000 + end_ms * 1_000_000,
            error: (id == "c").then(|| "Refused".to_owned()),
            request_id: id.strip_prefix("root-").map(str::to_owned),
        }
    }

    #[test]
    fn spans_of_an_invocation_follow_their_parents_in_order_of_their_start() {
        let spans = Spans::default();
        // A span is sent when it has ended, which is before its parent has ended.
        spans.add(vec![span("d", "b", 3, 4), span("c", "root-1", 6, 9), span("b", "root-1", 2, 5)]);
        spans.add(vec![span("root-2", "", 0, 9), span("e", "root-2", 0, 9), span("root-1", "caller", 1, 10)]);
        let rows = spans.of_invocation("1");
        let rows: Vec<_> = rows.iter().map(|row| (&*row.name, row.depth, row.start_ms, row.duration_ms)).collect();
        let expected =
            [("span root-1", 0, 0.0, 9.0), ("span b", 1, 1.0, 3.0), ("span d", 2, 2.0, 1.0), ("span c", 1, 5.0, 3.0)];
        assert_eq!(rows, expected);
        assert_eq!(spans.of_invocation("1")[3].error.as_deref(), Some("Refused"));
        assert_eq!(spans.of_invocation("3"), []);
    }

    #[test]
    fn cycle_of_parents_ends() {
        let spans = Spans::default();
        spans.add(vec![span("root-1", "b", 1, 10), span("b", "root-1", 2, 5), span("b", "b", 2, 5)]);
        assert_eq!(spans.of_invocation("1").len(), 2);
    }

    #[test]
    fn oldest_spans_are_dropped() {
        let spans = Spans::default();
        spans.add(vec![span("root-1", "", 0, 9)]);
        spans.add((0..MAX_SPANS).map(|id| span(&id.to_string(), "root-1", 0, 1)).collect());
        assert_eq!(spans.of_invocation("1"), []);
    }
}
