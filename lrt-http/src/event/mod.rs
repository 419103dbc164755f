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
use fields::Fields;
use http::Method;
use lrt_core::Report;
use scan::Value;
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
    let Ok(mut fields) = Fields::read(payload) else { return Err(Refused::Event(other_event(accepts, payload))) };
    let Some(origin) = fields.origin() else { return Err(Refused::Event(other_event(accepts, payload))) };
    if !accepts.takes(origin, fields.context.has_http) {
        return Err(Refused::Event(other_origin(accepts, origin)));
    }
    let mut answer = Answer::to(origin, fields.context.has_http, fields.headers.has_multi());
    match request(payload, origin, &mut fields, base_path) {
        Ok(request) => {
            answer.set_method(request.method());
            Ok((request, answer))
        }
        Err(Bad { field, reason }) => Err(Refused::Request { answer, field, reason }),
    }
}

fn request(payload: &Bytes, origin: Origin, fields: &mut Fields<'_>, base_path: Option<&str>) -> Result<Request, Bad> {
    let target = match origin {
        Origin::RestApi => rest_api::target(fields),
        Origin::HttpApi | Origin::FunctionUrl => http_api::target(origin, fields),
        Origin::Alb => alb::target(fields),
        Origin::Lattice => lattice::target(fields),
        Origin::WebSocket => websocket::target(fields),
    };
    let mut request = http::Request::new(body::read(payload, fields.body, fields.is_base64)?);
    *request.headers_mut() = fields.headers.finish(fields.cookies)?;
    *request.method_mut() = method(&target)?;
    *request.uri_mut() = uri::build(payload, &target, fields, base_path)?;
    request.extensions_mut().insert(Event::new(payload, origin, fields, target.path.text()));
    Ok(request)
}

fn method(target: &Target<'_>) -> Result<Method, Bad> {
    let Value::Text(text) = target.method else { return Err(Bad::new(target.method_field, "there is none")) };
    let name = text.read().unwrap_or_default();
    Method::from_bytes(&name).map_err(|error| Bad::new(target.method_field, error))
}

#[cold]
fn other_event(accepts: Accepts, event: &[u8]) -> Report {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(event) {
        return Report::unmarshal(error);
    }
    let takes = accepts.names();
    let came = fields::describe(event).unwrap_or_default();
    Report::unmarshal(format!("the function takes {takes}, and the event is no HTTP request: it is {came}"))
}

#[cold]
fn other_origin(accepts: Accepts, origin: Origin) -> Report {
    let (takes, came, kind) = (accepts.names(), origin.name(), origin.kind());
    Report::unmarshal(format!(
        "the function takes {takes}, and the event is that of {came}: \
         write `#[lambda({kind})]`, or `#[lambda(http)]` to take every origin's"
    ))
}
