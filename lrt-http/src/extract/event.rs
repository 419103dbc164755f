//! Extractors of data that the event has in addition to the HTTP request.

use super::impl_deref;
use crate::event::Event;
use crate::origin::Origin;
use crate::rejection::EventRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::convert::Infallible;

/// Extractor of the event's request context as any `Deserialize` type: authorizer claims, IAM identity, the address of the
/// client, the connection of a WebSocket API.
///
/// [`Caller`](crate::Caller), [`JwtClaims`](crate::JwtClaims) and [`Iam`](crate::Iam) extract the result of an authorizer in the
/// same form from each kind of API. The context is deserialized only if a function extracts it. `aws_lambda_events` has a
/// complete type for each origin; often, a struct with only the members that are used is enough:
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
/// A context that cannot be deserialized is not the client's mistake: the response is a 500, and the error is logged.
/// `Option<RequestContext<T>>` is `None` if the event has no context, or if the request did not come from an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestContext<T>(pub T);

impl_deref!(RequestContext);

pub(super) fn event(parts: &Parts) -> Result<&Event, EventRejection> {
    parts.extensions.get().ok_or(EventRejection::Missing)
}

impl<T: DeserializeOwned> RequestContext<T> {
    /// Deserializes the request context of an event.
    pub(crate) fn of(event: &Event) -> Result<RequestContext<T>, EventRejection> {
        let json = event.context();
        let context = serde_json::from_slice(json).map(RequestContext);
        context.map_err(|error| EventRejection::context(event.origin(), json, error))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for RequestContext<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RequestContext<T>, EventRejection> {
        event(parts).and_then(RequestContext::of)
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for RequestContext<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<RequestContext<T>>, EventRejection> {
        match event(parts) {
            Ok(event) if !event.context().is_empty() => RequestContext::of(event).map(Some),
            _ => Ok(None),
        }
    }
}

/// Extracts the service that the request came through.
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

/// Extracts the event, which has the original path and the stage variables.
impl<S: Sync> FromRequestParts<S> for Event {
    type Rejection = EventRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Event, EventRejection> {
        event(parts).cloned()
    }
}
