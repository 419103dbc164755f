//! From an event to the request that it stands for.
//!
//! 1. [`fields`]: where the event's fields stand, and which origin sends such.
//! 2. One module for each origin: which of them is the path, the query, the method. That of REST APIs has what is usual, the
//!    others what differs.
//! 3. [`headers`], [`uri`], [`body`]: the request's parts, as slices of the event's bytes where they mean what they say.

mod alb;
mod body;
mod describe;
mod extension;
mod fields;
mod headers;
mod http_api;
mod lattice;
mod pairs;
mod percent;
mod rest_api;
mod scan;
mod uri;
mod value;
mod websocket;

pub use extension::Event;

use crate::answer::Answer;
use crate::origin::{Accepts, Origin};
use bytes::Bytes;
use fields::Fields;
use http::Method;
use lrt_core::Report;
use std::fmt;
use value::Value;

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

/// A field that cannot be part of a request: its name, and why. In a box, so that the usual case hands on no more than a
/// word.
#[derive(Debug)]
struct Bad(Box<(String, String)>);

impl Bad {
    #[cold]
    #[inline(never)]
    fn new(field: &str, reason: &dyn fmt::Display) -> Bad {
        // Not `to_string`, which brings a writer of its own into each crate; so in `rejection`, and in lrt-core.
        Bad(Box::new((field.to_owned(), format!("{reason}"))))
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
    let Ok(mut fields) = Fields::read(payload) else {
        return Err(Refused::Event(describe::other_event(accepts, payload)));
    };
    let Some(origin) = fields.origin() else { return Err(Refused::Event(describe::other_event(accepts, payload))) };
    if !accepts.takes(origin, fields.context.has_http) {
        return Err(Refused::Event(describe::other_origin(accepts, origin)));
    }
    let mut answer = Answer::to(origin, fields.context.has_http, fields.headers.has_multi());
    match request(payload, origin, &mut fields, base_path) {
        Ok(request) => {
            answer.set_method(request.method());
            Ok((request, answer))
        }
        Err(Bad(bad)) => {
            let (field, reason) = *bad;
            Err(Refused::Request { answer, field, reason })
        }
    }
}

fn request(payload: &Bytes, origin: Origin, fields: &mut Fields<'_>, base_path: Option<&str>) -> Result<Request, Bad> {
    let mut target = rest_api::target(fields);
    match origin {
        Origin::RestApi => {}
        Origin::HttpApi | Origin::FunctionUrl => http_api::change(&mut target, origin, fields),
        Origin::Alb => alb::change(&mut target, fields),
        Origin::Lattice => lattice::change(&mut target, fields),
        Origin::WebSocket => websocket::change(&mut target, fields),
    }
    let mut request = http::Request::new(body::read(payload, fields.body, matches!(fields.is_base64, Value::True))?);
    std::mem::swap(request.headers_mut(), fields.headers.finish(fields.cookies)?);
    *request.method_mut() = method(&target)?;
    *request.uri_mut() = uri::build(payload, &target, fields, base_path)?;
    request.extensions_mut().insert(Event::new(payload, origin, fields, target.path.text()));
    Ok(request)
}

fn method(target: &Target<'_>) -> Result<Method, Bad> {
    let Value::Text(text) = target.method else { return Err(Bad::new(target.method_field, &"there is none")) };
    let name = text.read().unwrap_or_default();
    Method::from_bytes(&name).map_err(|error| Bad::new(target.method_field, &error))
}
