//! Data of the event that is not part of the HTTP request.

use super::fields::Fields;
use crate::origin::Origin;
use bytes::Bytes;
use lrt_core::__private::json::{JsonCursor, JsonStr, JsonValue};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The event that a request was converted from. Each request has it as an extension.
///
/// It shares the payload of the invocation, and parses a member when it is accessed.
///
/// ```
/// use lrt_http::{AcceptedOrigins, Event, Origin, read};
///
/// let event = r#"{"resource": "/orders/{id}", "path": "/orders/7", "httpMethod": "GET", "pathParameters": {"id": "7"},
///     "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}}}"#;
/// let (request, _) = read(&event.into(), AcceptedOrigins::RestApi, None).unwrap();
/// let event: &Event = request.extensions().get().unwrap();
/// assert_eq!((event.origin(), &*event.raw_path()), (Origin::RestApi, "/orders/7"));
/// assert_eq!(event.matched_route(), "/orders/{id}");
/// assert_eq!(event.path_parameters().collect::<Vec<_>>(), [("id".into(), "7".into())]);
/// assert_eq!(event.context(), r#"{"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}}"#.as_bytes());
/// ```
#[derive(Clone)]
pub struct Event {
    payload: Bytes,
    origin: Origin,
    path: Range<usize>,
    route: Range<usize>,
    path_parameters: Range<usize>,
    stage_variables: Range<usize>,
    context: Range<usize>,
}

impl Event {
    pub(super) fn new(payload: &Bytes, origin: Origin, fields: &Fields<'_>, path: JsonValue<'_>) -> Event {
        let start = payload.as_ptr().addr();
        let range = |json: &[u8]| match json.as_ptr().addr().checked_sub(start) {
            Some(at) if at + json.len() <= payload.len() => at..at + json.len(),
            // A missing value is an empty slice that does not point into the payload.
            _ => 0..0,
        };
        let value = |value| match value {
            JsonValue::Text(text) => range(text.inner()),
            JsonValue::Nested(json) => range(json.as_bytes()),
            _ => 0..0,
        };
        Event {
            payload: payload.clone(),
            origin,
            path: value(path),
            route: value(fields.matched_route()),
            path_parameters: value(fields.path_parameters),
            stage_variables: value(fields.stage_variables),
            context: range(fields.context.json.as_bytes()),
        }
    }

    /// Returns the service that the request came through.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Returns the path of the event, including the stage and the base path that the URI of the request lacks.
    pub fn raw_path(&self) -> Cow<'_, str> {
        JsonStr::new(&self.payload[self.path.clone()]).lossy()
    }

    /// Returns the route that API Gateway matched: `/orders/{id}` in payload format 1.0, `GET /orders/{id}` or `$default` in
    /// format 2.0. Empty for origins without routes.
    pub fn matched_route(&self) -> Cow<'_, str> {
        JsonStr::new(&self.payload[self.route.clone()]).lossy()
    }

    /// Returns the path parameters that API Gateway extracted, unchanged: percent-encoded by REST APIs, decoded by HTTP
    /// APIs. Empty for origins without routes.
    pub fn path_parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        texts(&self.payload[self.path_parameters.clone()])
    }

    /// Returns the stage variables of an API of API Gateway.
    pub fn stage_variables(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        texts(&self.payload[self.stage_variables.clone()])
    }

    /// Returns the JSON of the request context, or an empty slice if the event has none.
    pub fn context(&self) -> &[u8] {
        &self.payload[self.context.clone()]
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("origin", &self.origin)
            .field("raw_path", &self.raw_path())
            .finish_non_exhaustive()
    }
}

/// The members of an object that are strings.
fn texts(json: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let mut cursor = JsonCursor::new(std::str::from_utf8(json).unwrap_or_default());
    let mut members = cursor.enter(b'{');
    std::iter::from_fn(move || {
        loop {
            let (name, value) = cursor.next_member(members.as_mut()?).ok()??;
            if let Some(text) = value.to_text() {
                return Some((name.lossy(), text.lossy()));
            }
        }
    })
}
