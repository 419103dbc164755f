//! The span that an invocation or a record was sent from, in the headers of X-Ray and W3C.

use crate::env::variable;
use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::sync::LazyLock;

/// The formats that `OTEL_PROPAGATORS` enables. By default, both.
struct Formats {
    w3c: bool,
    xray: bool,
}

static FORMATS: LazyLock<Formats> = LazyLock::new(|| match variable("OTEL_PROPAGATORS") {
    None => Formats { w3c: true, xray: true },
    Some(names) => {
        let has = |wanted: &[&str]| names.split(',').any(|name| wanted.contains(&name.trim()));
        Formats { w3c: has(&["tracecontext"]), xray: has(&["xray", "xray-lambda"]) }
    }
});

/// Returns the caller of an HTTP request. `traceparent` is preferred: only callers with OpenTelemetry send it, while Lambda
/// sets the X-Ray header of each invocation.
pub(crate) fn of_request(headers: &HeaderMap, trace_header: Option<&str>) -> Option<SpanContext> {
    let w3c = FORMATS.w3c.then(|| extract(&HeaderExtractor(headers))).flatten();
    w3c.or_else(|| of_invocation(trace_header))
}

/// Returns the caller of an invocation.
pub(crate) fn of_invocation(trace_header: Option<&str>) -> Option<SpanContext> {
    trace_header.filter(|_| FORMATS.xray).and_then(parse_trace_header)
}

/// Returns the sender of a record: the W3C header among its attributes, or `AWSTraceHeader`.
pub(crate) fn of_record(traceparent: Option<&str>, trace_header: Option<&str>) -> Option<SpanContext> {
    struct Attribute<'a>(&'a str);
    impl Extractor for Attribute<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            (key == "traceparent").then_some(self.0)
        }

        fn keys(&self) -> Vec<&str> {
            vec!["traceparent"]
        }
    }
    let w3c = traceparent.filter(|_| FORMATS.w3c).and_then(|value| extract(&Attribute(value)));
    w3c.or_else(|| of_invocation(trace_header))
}

fn extract(from: &dyn Extractor) -> Option<SpanContext> {
    let context = TraceContextPropagator::new().extract_with_context(&opentelemetry::Context::new(), from);
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

/// Parses the trace and the calling span from `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
///
/// See [tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
fn parse_trace_header(header: &str) -> Option<SpanContext> {
    let part = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (time, random) = part("Root")?.strip_prefix("1-")?.split_once('-')?;
    if (time.len(), random.len()) != (8, 24) {
        return None;
    }
    let trace = TraceId::from_hex(&format!("{time}{random}")).ok()?;
    let parent = SpanId::from_hex(part("Parent")?).ok()?;
    let sampled = TraceFlags::default().with_sampled(part("Sampled") == Some("1"));
    let span = SpanContext::new(trace, parent, sampled, true, TraceState::default());
    span.is_valid().then_some(span)
}

#[cfg(test)]
mod tests {
    // In a test, an unwrap is an assertion.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn trace_header_contains_trace_and_parent() {
        let trace =
            parse_trace_header("Root=1-5759e988-bd862e3fe1be46a994272793; Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a")
                .unwrap();
        assert_eq!(trace.trace_id().to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!((trace.span_id().to_string(), trace.is_sampled()), ("53995c3f42cd8ad8".to_owned(), true));
    }

    #[test]
    fn invalid_trace_headers_are_ignored() {
        for header in [
            "",
            "Root=1-5759e988",
            "Root=1-x-y;Parent=53995c3f42cd8ad8",
            "Root=1-1-2;Parent=53995c3f42cd8ad8",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000000",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=é",
            "Parent=53995c3f42cd8ad8;Sampled=1",
        ] {
            assert!(parse_trace_header(header).is_none(), "{header}");
        }
    }

    #[test]
    fn w3c_header_is_preferred() {
        const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let mut headers = HeaderMap::new();
        assert_eq!(of_request(&headers, Some(XRAY)).unwrap().span_id().to_string(), "53995c3f42cd8ad8");
        headers.insert("traceparent", W3C.parse().unwrap());
        assert_eq!(of_request(&headers, Some(XRAY)).unwrap().span_id().to_string(), "b7ad6b7169203331");
        headers.insert("traceparent", "00-x-y-01".parse().unwrap());
        assert_eq!(of_request(&headers, Some(XRAY)).unwrap().span_id().to_string(), "53995c3f42cd8ad8");
        assert_eq!(of_record(Some(W3C), None).unwrap().trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(of_record(Some("invalid"), None).is_none());
    }
}
