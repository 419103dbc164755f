//! What a function may ask about the event that brought a request.

use super::derefs;
use crate::event::Event;
use crate::origin::Origin;
use crate::rejection::EventRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::convert::Infallible;

/// The request context of the event, as any `Deserialize` type: authorizer claims, IAM, the caller's address, the
/// connection of a WebSocket.
///
/// It is decoded when a function asks for it, and not before. `aws_lambda_events` has a type for each origin; a struct of
/// the few members that one needs is less code:
///
/// ```
/// use lrt_http::RequestContext;
///
/// #[derive(serde::Deserialize)]
/// struct Caller {
///     authorizer: Authorizer,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Authorizer {
///     jwt: Jwt,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Jwt {
///     claims: std::collections::HashMap<String, String>,
/// }
///
/// async fn who(RequestContext(caller): RequestContext<Caller>) -> Option<String> {
///     caller.authorizer.jwt.claims.get("sub").cloned()
/// }
/// ```
///
/// A context that is no `T` is none of the client's doing: a 500, and a line in the log. `Option<RequestContext<T>>` is
/// `None` where the event has no context, or the request no event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestContext<T>(pub T);

derefs!(RequestContext);

fn event(parts: &Parts) -> Result<&Event, EventRejection> {
    parts.extensions.get().ok_or(EventRejection::Missing)
}

fn context<T: DeserializeOwned>(event: &Event) -> Result<RequestContext<T>, EventRejection> {
    let json = event.context();
    let read = serde_json::from_slice(json).map(RequestContext);
    read.map_err(|error| EventRejection::context(event.origin(), json, error))
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for RequestContext<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RequestContext<T>, EventRejection> {
        event(parts).and_then(context)
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for RequestContext<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<RequestContext<T>>, EventRejection> {
        match event(parts) {
            Ok(event) if !event.context().is_empty() => context(event).map(Some),
            _ => Ok(None),
        }
    }
}

/// Where the request came from.
impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Origin, EventRejection> {
        event(parts).map(Event::origin)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Origin>, Infallible> {
        Ok(event(parts).map(Event::origin).ok())
    }
}

/// The event itself, for what else is in it: the path before it was cut, stage variables.
impl<S: Sync> FromRequestParts<S> for Event {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Event, EventRejection> {
        event(parts).cloned()
    }
}
