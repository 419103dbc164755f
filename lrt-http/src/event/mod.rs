//! From an event to the request that it stands for.
//!
//! 1. [`fields`]: where the event's fields stand, and which origin sends such.
//! 2. One module for each origin: which of them is the path, the query, the method.
//! 3. [`headers`], [`uri`], [`body`]: the request's parts, as slices of the event's bytes where they mean what they say.

mod alb;
mod body;
mod extension;
mod fields;
mod headers;
mod http_api;
mod lattice;
mod pairs;
mod rest_api;
pub(crate) mod scan;
mod uri;
mod websocket;

pub use extension::Event;

use crate::answer::Answer;
use crate::origin::{Accepts, Origin};
use bytes::Bytes;
use fields::{Context, Fields};
use headers::Headers;
use http::Method;
use lrt_core::Report;
use scan::{Broken, Value};
use serde::de::IgnoredAny;
use std::fmt;

/// A request, as axum has it.
pub type Request = http::Request<axum_core::body::Body>;

/// Why an event did not become a request.
#[derive(Debug)]
pub enum Refused {
    /// It is no HTTP event, or one of another origin: the invocation fails.
    ///
    /// The error names what the function takes and what came.
    Event(Report),
    /// It is of the right origin, but cannot be a request: the client is answered 400.
    Request {
        /// How the answer is written.
        answer: Answer,
        /// The event's field that is wrong: `headers.x-name`.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A field that cannot be part of a request.
#[derive(Debug)]
struct Bad {
    field: String,
    reason: String,
}

impl Bad {
    #[cold]
    fn new(field: impl Into<String>, reason: impl fmt::Display) -> Bad {
        Bad { field: field.into(), reason: reason.to_string() }
    }

    /// What a broken value within the event is: it is one of the client's strings, or the whole of it is no JSON.
    fn broken(field: &str) -> impl Fn(Broken) -> Bad + '_ {
        move |Broken| Bad::new(field, "it is no JSON")
    }
}

/// What an origin's event says of its request, before it is decoded.
struct Target<'a> {
    method: Value<'a>,
    /// The name of the field that has the method.
    method_field: &'static str,
    path: uri::Path<'a>,
    query: uri::Query<'a>,
}

/// Makes the request of an event, and says how its answer is written.
///
/// The URI is absolute: its scheme is that of `x-forwarded-proto` (`https` without it), its authority that of `host`. A
/// host that is none, as scanners send them, stays in its header alone; then the API's own domain takes its place, and
/// where there is none either, the URI is a path and a query. `base_path` is stripped from the path.
///
/// The body, the header values and all that [`Event`] has are slices of the payload, where the event's JSON does not
/// have to be unescaped for them.
///
/// ```
/// use lrt_http::{Accepts, Event, Origin, read};
///
/// let event = r#"{"version": "2.0", "rawPath": "/v1/orders/7", "rawQueryString": "full", "headers": {"host": "a.example"},
///     "requestContext": {"stage": "$default", "http": {"method": "GET"}}}"#;
/// let (request, _answer) = read(&event.into(), Accepts::Any, Some("/v1")).unwrap();
/// assert_eq!(request.uri(), "https://a.example/orders/7?full");
/// assert_eq!(request.extensions().get::<Event>().unwrap().origin(), Origin::HttpApi);
/// ```
///
/// # Errors
///
/// [`Refused`]: the event is none of those that are taken, or cannot be a request.
pub fn read(payload: &Bytes, accepts: Accepts, base_path: Option<&str>) -> Result<(Request, Answer), Refused> {
    let Ok(event) = std::str::from_utf8(payload) else {
        return Err(Refused::Event(Report::unmarshal("the event is no UTF-8, so it is no JSON")));
    };
    let (fields, context) = match look(event) {
        Ok(found) => found,
        Err(Broken) => return Err(Refused::Event(broken(event))),
    };
    let Some(origin) = context.origin(&fields) else {
        return Err(Refused::Event(other_event(accepts, event)));
    };
    // Payload format 2.0, whatever `version` says.
    let is_second = !context.http.is_null();
    if !accepts.takes(origin, is_second) {
        return Err(Refused::Event(other_origin(accepts, origin)));
    }
    let mut answer = Answer::to(origin, is_second, !fields.multi_headers.is_null());
    match request(payload, origin, &fields, &context, base_path) {
        Ok(request) => {
            answer.set_method(request.method());
            Ok((request, answer))
        }
        Err(Bad { field, reason }) => Err(Refused::Request { answer, field, reason }),
    }
}

fn look(event: &str) -> Result<(Fields<'_>, Context<'_>), Broken> {
    let fields = Fields::read(event)?;
    let context = Context::read(fields.context)?;
    Ok((fields, context))
}

fn request(
    payload: &Bytes,
    origin: Origin,
    fields: &Fields<'_>,
    context: &Context<'_>,
    base_path: Option<&str>,
) -> Result<Request, Bad> {
    let target = match origin {
        Origin::RestApi => rest_api::target(fields),
        Origin::HttpApi | Origin::FunctionUrl => http_api::target(origin, fields, context)?,
        Origin::Alb => alb::target(fields),
        Origin::Lattice => lattice::target(fields),
        Origin::WebSocket => websocket::target(fields, context),
    };
    let mut headers = Headers::read(payload, fields)?;
    headers.cookies(fields.cookies)?;
    let method = method(&target)?;
    let uri = uri::build(payload, &target, &headers, context.domain, base_path)?;
    let body = body::read(payload, fields.body, fields.is_base64)?;
    let event = Event::new(payload, origin, fields, target.path.text());
    let mut request = http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers.map;
    request.extensions_mut().insert(event);
    Ok(request)
}

fn method(target: &Target<'_>) -> Result<Method, Bad> {
    let Value::Text(text) = target.method else { return Err(Bad::new(target.method_field, "there is none")) };
    let name = text.read().unwrap_or_default();
    Method::from_bytes(name.as_bytes()).map_err(|error| Bad::new(target.method_field, error))
}

/// What is wrong with text that is no JSON.
#[cold]
fn broken(event: &str) -> Report {
    match serde_json::from_str::<IgnoredAny>(event) {
        Err(error) => Report::unmarshal(error),
        Ok(_) => Report::unmarshal("the event is no JSON"),
    }
}

#[cold]
fn other_event(accepts: Accepts, event: &str) -> Report {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(event) {
        return Report::unmarshal(error);
    }
    let (takes, came) = (accepts.names(), fields::describe(event));
    Report::unmarshal(format!("the function takes {takes}, and the event is no HTTP request: it is {came}"))
}

#[cold]
fn other_origin(accepts: Accepts, origin: Origin) -> Report {
    let (takes, came, kind) = (accepts.names(), origin.name(), origin.kind());
    Report::unmarshal(format!(
        "the function takes HTTP requests, {takes}, and the event is that of {came}: \
         write `#[lambda({kind})]`, or `#[lambda(http)]` to take every origin's"
    ))
}
