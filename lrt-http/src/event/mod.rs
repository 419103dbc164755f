//! Converts an event to an HTTP request.
//!
//! 1. [`fields`] locates the fields of the event, and detects its origin.
//! 2. One module per origin selects the fields that contain path, query and method. `rest_api` has the defaults, and
//!    the others override them where they differ.
//! 3. [`headers`], [`uri`] and [`body`] build the parts of the request, as slices of the event where its JSON has no
//!    escapes.

mod alb;
mod authorizer;
mod body;
mod event_info;
mod fields;
mod headers;
mod http_api;
mod lattice;
mod mismatch;
mod pairs;
mod percent;
mod rest_api;
mod uri;
mod websocket;

pub(crate) use authorizer::{AuthorizerEvent, read_authorizer};
pub use event_info::Event;

use crate::origin::{AcceptedOrigins, Origin};
use crate::response::ResponseFormat;
use bytes::Bytes;
use fields::Fields;
use http::Method;
use lrt_core::__private::json::JsonValue;
use lrt_core::ErrorReport;
use std::fmt;

/// A request with axum's body type.
pub type Request = http::Request<axum_core::body::Body>;

/// The error of converting an event to a request.
#[derive(Debug)]
pub enum EventError {
    /// The event is not an HTTP event: the invocation fails, unless the function handles other events.
    ///
    /// The error names the accepted origins and describes the event.
    NotHttp(ErrorReport),
    /// The event is not JSON, or comes from an origin that the function does not accept: the invocation fails.
    Unexpected(ErrorReport),
    /// The event comes from an accepted origin, but is not a valid HTTP request: the response is a 400.
    Invalid {
        /// The format of the response.
        format: ResponseFormat,
        /// The invalid field of the event: `headers.x-name`.
        field: String,
        /// The reason why the field is invalid.
        reason: String,
    },
}

/// A field that is invalid in a request: its name and the reason. Boxed, since it is the error type of functions that are called
/// for every header.
#[derive(Debug)]
struct InvalidField(Box<(String, String)>);

impl InvalidField {
    #[cold]
    fn new(field: &str, reason: &dyn fmt::Display) -> InvalidField {
        InvalidField(Box::new((field.to_owned(), reason.to_string())))
    }
}

/// The fields of an event that describe its request line.
struct Target<'a> {
    method: JsonValue<'a>,
    /// The name of the field that contains the method.
    method_field: &'static str,
    path: uri::Path<'a>,
    query: uri::Query<'a>,
}

/// Converts an event to a request, and returns it with the format of its response.
///
/// The URI is absolute. Its scheme is `x-forwarded-proto`, or `https` by default; its authority is `host`. If `host` is
/// not a valid authority, as in requests of vulnerability scanners, it is only a header, and the domain name of the API
/// is the authority. Without a domain name, the URI only consists of path and query. `base_path` is stripped from the
/// path.
///
/// The body, the header values and the data of [`Event`] are slices of the payload, except for JSON strings with escapes.
///
/// ```
/// use lrt_http::{AcceptedOrigins, Event, Origin, read};
///
/// let event = r#"{"version": "2.0", "rawPath": "/v1/orders/7", "rawQueryString": "full", "headers": {"host": "a.example"},
///     "requestContext": {"stage": "$default", "http": {"method": "GET"}}}"#;
/// let (request, _format) = read(&event.into(), AcceptedOrigins::Any, Some("/v1")).unwrap();
/// assert_eq!(request.uri(), "https://a.example/orders/7?full");
/// assert_eq!(request.extensions().get::<Event>().unwrap().origin(), Origin::HttpApi);
/// ```
///
/// # Errors
///
/// Returns an [`EventError`] if the event comes from an origin that is not accepted, or is not a valid request.
pub fn read(
    payload: &Bytes,
    accepts: AcceptedOrigins,
    base_path: Option<&str>,
) -> Result<(Request, ResponseFormat), EventError> {
    let not_http = || EventError::NotHttp(mismatch::unexpected_event(accepts, payload));
    let mut fields = Fields::new(payload);
    fields.read(payload).map_err(|error| EventError::Unexpected(mismatch::invalid_json(&error)))?;
    let origin = fields.origin().ok_or_else(not_http)?;
    let is_v2 = fields.context.has_http;
    if !accepts.contains(origin, is_v2) {
        return Err(EventError::Unexpected(mismatch::unexpected_origin(accepts, origin)));
    }
    let mut format = ResponseFormat::new(origin, is_v2, fields.headers.has_multi());
    match request(payload, origin, &mut fields, base_path) {
        Ok(request) => {
            format.set_method(request.method());
            Ok((request, format))
        }
        Err(InvalidField(invalid)) => {
            let (field, reason) = *invalid;
            Err(EventError::Invalid { format, field, reason })
        }
    }
}

fn request(
    payload: &Bytes,
    origin: Origin,
    fields: &mut Fields<'_>,
    base_path: Option<&str>,
) -> Result<Request, InvalidField> {
    let mut target = rest_api::target(fields);
    match origin {
        Origin::RestApi => {}
        Origin::HttpApi | Origin::FunctionUrl => http_api::change(&mut target, origin, fields),
        Origin::Alb => alb::change(&mut target, fields),
        Origin::Lattice => lattice::change(&mut target, fields),
        Origin::WebSocket => websocket::change(&mut target, fields),
    }
    let mut request = http::Request::new(body::read(payload, fields.body, fields.is_base64.is_true())?);
    std::mem::swap(request.headers_mut(), fields.headers.finish(fields.cookies)?);
    *request.method_mut() = method(&target)?;
    *request.uri_mut() = uri::build(payload, &target, fields, base_path)?;
    request.extensions_mut().insert(Event::new(payload, origin, fields, target.path.text()));
    Ok(request)
}

fn method(target: &Target<'_>) -> Result<Method, InvalidField> {
    let JsonValue::Text(text) = target.method else {
        return Err(InvalidField::new(target.method_field, &"missing (expected the method)"));
    };
    let name = text.decode().unwrap_or_default();
    Method::from_bytes(&name).map_err(|error| InvalidField::new(target.method_field, &error))
}
