//! The attributes of an invocation's span, by the semantic conventions for [FaaS](https://opentelemetry.io/docs/specs/semconv/faas/),
//! [messaging](https://opentelemetry.io/docs/specs/semconv/messaging/) and [HTTP](https://opentelemetry.io/docs/specs/semconv/http/).

use crate::parent;
use crate::pipeline::{SPAN_KIND, SPAN_NAME};
use crate::records::{self, Source};
use http::header::{HOST, USER_AGENT};
use http::{HeaderName, Request};
use lrt_core::Context;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;

pub(crate) type Attributes = Vec<KeyValue>;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Returns the attributes of an invocation, its parent, and a link for each of its records that was sent with a trace.
pub(crate) fn of_event(payload: &[u8], context: &Context) -> (Attributes, Option<SpanContext>, Vec<SpanContext>) {
    let mut attributes = of_context(context);
    let mut add = |key: &'static str, value: String| attributes.push(KeyValue::new(key, value));
    let records = records::read(payload);
    match &records.source {
        Source::Messages { system, destination } => {
            add(SPAN_KIND, "consumer".to_owned());
            add(SPAN_NAME, format!("process {destination}"));
            add("faas.trigger", "pubsub".to_owned());
            add("messaging.system", (*system).to_owned());
            add("messaging.operation.type", "process".to_owned());
            add("messaging.operation.name", "process".to_owned());
            add("messaging.destination.name", destination.clone());
            attributes.push(KeyValue::new("messaging.batch.message_count", records.count as i64));
        }
        Source::Data { collection } => {
            add(SPAN_NAME, context.function_name().to_owned());
            add("faas.trigger", "datasource".to_owned());
            add("faas.document.collection", collection.clone());
        }
        Source::Event | Source::Timer | Source::Other => {
            let trigger = match records.source {
                Source::Event => "pubsub",
                Source::Timer => "timer",
                _ => "other",
            };
            add(SPAN_NAME, context.function_name().to_owned());
            add("faas.trigger", trigger.to_owned());
        }
    }
    (attributes, parent::of_invocation(context.trace_id()), records.links)
}

/// Returns the attributes of an HTTP request, and its parent.
pub(crate) fn of_request<B>(request: &Request<B>, context: &Context) -> (Attributes, Option<SpanContext>) {
    let mut attributes = of_context(context);
    let mut add = |key: &'static str, value: &str| attributes.push(KeyValue::new(key, value.to_owned()));
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let method = request.method().as_str();
    let matched = request.extensions().get::<lrt_http::Event>().map(|event| event.matched_route().into_owned());
    // `GET /orders/{id}` in payload format 2.0, `/orders/{id}` in format 1.0.
    let route = matched.as_deref().and_then(|route| route.find('/').map(|start| &route[start..]));
    add("faas.trigger", "http");
    add("http.request.method", method);
    add("url.path", request.uri().path());
    add("url.scheme", header(FORWARDED_PROTO).unwrap_or("https"));
    match route {
        Some(route) => {
            add(SPAN_NAME, &format!("{method} {route}"));
            add("http.route", route);
        }
        None => add(SPAN_NAME, method),
    }
    for (key, name) in [("server.address", HOST), ("user_agent.original", USER_AGENT)] {
        if let Some(value) = header(name) {
            add(key, value);
        }
    }
    if let Some(client) = header(FORWARDED_FOR).and_then(|addresses| addresses.split(',').next()) {
        add("client.address", client.trim());
    }
    (attributes, parent::of_request(request.headers(), context.trace_id()))
}

fn of_context(context: &Context) -> Attributes {
    let mut attributes = vec![
        KeyValue::new(SPAN_KIND, "server"),
        KeyValue::new("faas.invocation_id", context.request_id().to_owned()),
        KeyValue::new("faas.coldstart", context.cold_start()),
    ];
    // `arn:aws:lambda:eu-central-1:123456789012:function:orders`
    let arn = context.function_arn();
    if let Some(account) = arn.split(':').nth(4) {
        attributes.push(KeyValue::new("cloud.resource_id", arn.to_owned()));
        attributes.push(KeyValue::new("cloud.account.id", account.to_owned()));
    }
    attributes
}
