//! What a request knows of its event.

use super::fields::Fields;
use super::scan::Cursor;
use super::value::{Text, Value};
use crate::origin::Origin;
use bytes::Bytes;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The event that a request came in: an extension of each request.
///
/// It is a slice of the payload, and reads there what it is asked for.
///
/// ```
/// use lrt_http::{Accepts, Event, Origin, read};
///
/// let event = r#"{"path": "/orders/7", "httpMethod": "GET", "pathParameters": {"id": "7"},
///     "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}}}"#;
/// let (request, _) = read(&event.into(), Accepts::RestApi, None).unwrap();
/// let event: &Event = request.extensions().get().unwrap();
/// assert_eq!((event.origin(), &*event.raw_path()), (Origin::RestApi, "/orders/7"));
/// assert_eq!(event.path_parameters().collect::<Vec<_>>(), [("id".into(), "7".into())]);
/// assert_eq!(event.context(), r#"{"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}}"#.as_bytes());
/// ```
#[derive(Clone)]
pub struct Event {
    payload: Bytes,
    origin: Origin,
    path: Range<usize>,
    path_parameters: Range<usize>,
    stage_variables: Range<usize>,
    context: Range<usize>,
}

impl Event {
    pub(super) fn new(payload: &Bytes, origin: Origin, fields: &Fields<'_>, path: Value<'_>) -> Event {
        let start = payload.as_ptr().addr();
        let place = |json: &[u8]| match json.as_ptr().addr().checked_sub(start) {
            Some(at) if at + json.len() <= payload.len() => at..at + json.len(),
            // What is not there.
            _ => 0..0,
        };
        let value = |value| match value {
            Value::Text(text) => place(text.inner()),
            Value::Nested(json) => place(json),
            _ => 0..0,
        };
        Event {
            payload: payload.clone(),
            origin,
            path: value(path),
            path_parameters: value(fields.path_parameters),
            stage_variables: value(fields.stage_variables),
            context: place(fields.context.json),
        }
    }

    /// Where the request came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The path as the event has it: with the stage and the base path that the URI lacks.
    pub fn raw_path(&self) -> Cow<'_, str> {
        Text::new(&self.payload[self.path.clone()]).lossy()
    }

    /// The path parameters that the origin found, decoded; without any, or from an origin that has no routes, none.
    pub fn path_parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        texts(&self.payload[self.path_parameters.clone()])
    }

    /// The stage variables of an API of API Gateway.
    pub fn stage_variables(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        texts(&self.payload[self.stage_variables.clone()])
    }

    /// The request context: JSON, or nothing where the event has none.
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

/// The members of an object that are text.
fn texts(json: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let mut members = Cursor::new(json);
    let is_object = members.enter(b'{');
    std::iter::from_fn(move || {
        if !is_object {
            return None;
        }
        loop {
            let (name, value) = members.member().ok()??;
            if let Value::Text(text) = value {
                return Some((name.lossy(), text.lossy()));
            }
        }
    })
}
