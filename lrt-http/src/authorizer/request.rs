//! The request that an authorizer decides about.

use super::policy::Stage;
use super::response::{AuthResponse, Form};
use crate::event::{AuthorizerEvent, Event, read_authorizer};
use crate::extract::{Query, RequestContext};
use crate::origin::Origin;
use crate::rejection::{EventRejection, QueryRejection};
use bytes::Bytes;
use http::header::{AUTHORIZATION, AsHeaderName, COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use lrt_core::ErrorReport;
use serde::de::DeserializeOwned;
use std::fmt;

/// The request that an authorizer decides about, in the same form for REST APIs, HTTP APIs and WebSocket APIs of API Gateway.
///
/// The event of a `TOKEN` authorizer of a REST API contains only the token and the ARN of the method, which determines method and
/// path. Headers, query and cookies are empty.
///
/// ```
/// use lrt_http::AuthRequest;
///
/// let event = r#"{"version": "2.0", "type": "REQUEST", "rawPath": "/orders/7", "rawQueryString": "full=yes",
///     "routeArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders/7", "cookies": ["id=s-1"],
///     "headers": {"authorization": "Bearer abc"}, "requestContext": {"stage": "prod", "http": {"method": "GET"}}}"#;
/// let request = AuthRequest::read(&event.into()).unwrap();
/// assert_eq!((request.method().as_str(), request.path()), ("GET", "/orders/7"));
/// assert_eq!((request.token(), request.bearer_token()), (Some("Bearer abc"), Some("abc")));
/// assert_eq!(request.cookie("id"), Some("s-1"));
/// assert_eq!(request.query::<std::collections::HashMap<String, String>>().unwrap()["full"], "yes");
/// ```
pub struct AuthRequest {
    form: Form,
    event: Event,
    arn: String,
    token: Option<String>,
    parts: Parts,
}

impl AuthRequest {
    /// Reads the event of an authorizer.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is not one of an authorizer, or contains an invalid request.
    pub fn read(payload: &Bytes) -> Result<AuthRequest, ErrorReport> {
        let AuthorizerEvent { is_v2, token, arn, request } = read_authorizer(payload)?;
        let (mut parts, _) = request.into_parts();
        let event: Event = parts.extensions.remove().expect("every request that was read from an event contains it");
        let form = match event.origin() {
            Origin::HttpApi if is_v2 => Form::Version2,
            Origin::HttpApi => Form::Version1,
            Origin::WebSocket => Form::WebSocket,
            _ => Form::Rest,
        };
        Ok(AuthRequest { form, event, arn, token, parts })
    }

    /// Returns the form in which the API expects the decision about this request.
    ///
    /// `with_policy` is true if an HTTP API with payload format 2.0 expects an IAM policy instead of a simple response.
    ///
    /// # Errors
    ///
    /// Returns an error if the ARN of the method or route is invalid.
    pub fn response(&self, with_policy: bool) -> Result<AuthResponse, ErrorReport> {
        let form = if self.form == Form::Version2 && !with_policy { Form::Simple } else { self.form };
        Ok(AuthResponse::new(form, Stage::of(&self.arn)?))
    }

    /// Returns the token: that of a `TOKEN` authorizer, or the header `Authorization`. `None` if it is missing or empty.
    ///
    /// It is the entire value, including a scheme such as `Bearer`.
    pub fn token(&self) -> Option<&str> {
        let token = match &self.token {
            Some(token) => token,
            None => self.header(AUTHORIZATION)?,
        };
        Some(token.trim()).filter(|token| !token.is_empty())
    }

    /// Returns the [token](AuthRequest::token) after the scheme `Bearer`. `None` if it is missing or empty, or if the scheme is
    /// another one.
    pub fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.token()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
    }

    /// Returns the first header with this name, if it is valid text.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// Returns all headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Returns the value of the first cookie with this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        cookies.find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Deserializes the query string, as the extractor [`Query`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if the query is not a `T`.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, QueryRejection> {
        Query::parse(self.parts.uri.query().unwrap_or_default()).map(|Query(query)| query)
    }

    /// Returns the method. That of a WebSocket connection is `GET`.
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Returns the path, without the stage. That of a WebSocket connection is `/`.
    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// Returns the URI.
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// Returns the ARN of the method or route: `arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders/7`.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Returns the kind of API: a REST API, an HTTP API or a WebSocket API.
    pub fn origin(&self) -> Origin {
        self.event.origin()
    }

    /// Deserializes the request context of the event: the address of the client, its certificate, and so on.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has no request context that is a `T`.
    pub fn context<T: DeserializeOwned>(&self) -> Result<T, EventRejection> {
        RequestContext::of(&self.event).map(|RequestContext(context)| context)
    }

    /// Returns the event, which has the path parameters and the stage variables.
    pub fn event(&self) -> &Event {
        &self.event
    }
}

/// Omits the token, the headers and the query, which contain credentials.
impl fmt::Debug for AuthRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthRequest").field("arn", &self.arn).finish_non_exhaustive()
    }
}
