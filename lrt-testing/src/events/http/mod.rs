//! HTTP requests, as each service forwards them to a function.

mod alb;
mod api;
mod function_url;
mod http_api;
mod lattice;
mod rest_api;
mod websocket;

pub use alb::{Alb, alb};
pub use api::ApiOrigin;
pub use function_url::{FunctionUrl, function_url};
pub use http_api::{HttpApi, http_api};
pub use lattice::{Lattice, lattice};
pub use rest_api::{RestApi, rest_api};
pub use websocket::{WebSocket, websocket};

use super::overrides::Overrides;
use super::source::{since_epoch, value, write};
use crate::frontend::text::percent_encode;
use crate::frontend::{AuthorizerType, Origin, Request, RequestContext};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::SystemTime;

/// A service that invokes functions with HTTP requests: the type parameter of [`HttpEvent`].
pub trait HttpOrigin: private::Sealed {}

mod private {
    /// Only this crate implements [`HttpOrigin`](super::HttpOrigin).
    pub trait Sealed {}
}

/// Builder of an HTTP request through the service `O`, created by [`rest_api`], [`http_api`], [`function_url`], [`alb`],
/// [`lattice`] and [`websocket`].
///
/// The test describes the request that the client sends. The builder converts it to the event according to the rules of
/// the service: the case of header names, repeated headers, cookies, decoding. It adds `Host`, `X-Forwarded-For` and
/// similar headers.
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let event = events::http_api()
///     .post("/orders/7/items?notify=yes")
///     .route("POST /orders/{id}/items")
///     .header("X-Tag", "a")
///     .header("X-Tag", "b")
///     .cookie("session", "s-1")
///     .json(&json!({"sku": "tea"}))
///     .build();
/// assert_eq!(event["rawQueryString"], "notify=yes");
/// assert_eq!(event["pathParameters"], json!({"id": "7"}));
/// assert_eq!(event["headers"]["x-tag"], "a,b");
/// assert_eq!(event["cookies"], json!(["session=s-1"]));
/// assert_eq!(event["body"], r#"{"sku":"tea"}"#);
///
/// let event = events::rest_api().get("/orders/7").header("X-Tag", "a").header("X-Tag", "b").build();
/// assert_eq!(event["multiValueHeaders"]["X-Tag"], json!(["a", "b"]));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct HttpEvent<O> {
    request: Request,
    request_context: RequestContext,
    body_error: Option<EventError>,
    overrides: Overrides,
    /// The type of the authorizer that receives the event; `None` for a function.
    authorizer: Option<AuthorizerType>,
    origin: PhantomData<O>,
}

impl<O: HttpOrigin> HttpEvent<O> {
    fn begin(origin: Origin) -> HttpEvent<O> {
        let mut request = Request::new("GET", "/");
        request.or_header("User-Agent", "curl/8.5.0");
        HttpEvent {
            request,
            request_context: RequestContext::example(origin),
            body_error: None,
            overrides: Overrides::default(),
            authorizer: None,
            origin: PhantomData,
        }
    }

    /// Sets method `GET` and this path, which may contain a query.
    pub fn get(self, target: &str) -> HttpEvent<O> {
        self.request("GET", target)
    }

    /// Sets method `HEAD` and this path, which may contain a query.
    pub fn head(self, target: &str) -> HttpEvent<O> {
        self.request("HEAD", target)
    }

    /// Sets method `POST` and this path, which may contain a query.
    pub fn post(self, target: &str) -> HttpEvent<O> {
        self.request("POST", target)
    }

    /// Sets method `PUT` and this path, which may contain a query.
    pub fn put(self, target: &str) -> HttpEvent<O> {
        self.request("PUT", target)
    }

    /// Sets method `PATCH` and this path, which may contain a query.
    pub fn patch(self, target: &str) -> HttpEvent<O> {
        self.request("PATCH", target)
    }

    /// Sets method `DELETE` and this path, which may contain a query.
    pub fn delete(self, target: &str) -> HttpEvent<O> {
        self.request("DELETE", target)
    }

    /// Sets method `OPTIONS` and this path, which may contain a query.
    pub fn options(self, target: &str) -> HttpEvent<O> {
        self.request("OPTIONS", target)
    }

    /// Sets the method and the request target: a path, which may contain a query. Both are percent-encoded. The default
    /// is `GET /`.
    pub fn request(mut self, method: &str, target: &str) -> HttpEvent<O> {
        let Request { method, path, query, .. } = Request::new(method, target);
        self.request = Request { method, path, query, ..self.request };
        self
    }

    /// Adds a query parameter. Name and value are not encoded yet.
    pub fn query(mut self, name: &str, value: &str) -> HttpEvent<O> {
        let pair = format!("{}={}", percent_encode(name), percent_encode(value));
        let query = &mut self.request.query;
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&pair);
        self
    }

    /// Adds a header. If the name is repeated, another value is added.
    pub fn header(mut self, name: &str, value: &str) -> HttpEvent<O> {
        // Clients send these headers only once.
        if ["user-agent", "content-type", "host"].iter().any(|single| single.eq_ignore_ascii_case(name)) {
            self = self.without_header(name);
        }
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes all headers with this name.
    pub fn without_header(mut self, name: &str) -> HttpEvent<O> {
        self.request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Adds a cookie.
    pub fn cookie(mut self, name: &str, value: &str) -> HttpEvent<O> {
        let mut cookies = self.request.cookies();
        cookies.push(format!("{name}={value}"));
        self = self.without_header("cookie");
        self.header("cookie", &cookies.join("; "))
    }

    /// Sets the body: text or bytes.
    ///
    /// The event contains it as text if it is UTF-8, has no `content-encoding`, and has either no content type or one that the
    /// services treat as text: `text/*`, `application/json`, `application/javascript`, `application/xml`. Otherwise the event contains
    /// it as base64. REST APIs are assumed to list all other types in `BinaryMediaTypes`.
    pub fn body(mut self, body: impl Into<Bytes>) -> HttpEvent<O> {
        self.request.body = body.into();
        self.body_error = None;
        self
    }

    /// Sets the body to this value as JSON, and the content type unless it is set.
    pub fn json(self, body: &impl Serialize) -> HttpEvent<O> {
        let mut event = match serde_json::to_vec(body) {
            Ok(body) => self.body(body),
            Err(error) => {
                let error = EventError::new(format!("cannot serialize the request body as JSON: {error}"));
                HttpEvent { body_error: Some(error), ..self }
            }
        };
        event.request.or_header("Content-Type", "application/json");
        event
    }

    /// Sets whether the event contains the body as base64, regardless of its type. Bytes that are not UTF-8 always are.
    pub fn base64(mut self, base64: bool) -> HttpEvent<O> {
        self.request.base64 = Some(base64);
        self
    }

    /// Sets the client's address. The default is `192.0.2.1`.
    pub fn source_ip(mut self, ip: impl Into<String>) -> HttpEvent<O> {
        self.request_context.source_ip = ip.into();
        self
    }

    /// Sets the header `User-Agent`, and the member that the service copies it to. The default is curl's.
    pub fn user_agent(self, agent: &str) -> HttpEvent<O> {
        self.header("User-Agent", agent)
    }

    /// Sets the host that the client connects to: the header `Host` and the `domainName`. The `domainName` of a
    /// function URL cannot be changed.
    pub fn domain(mut self, domain: impl Into<String>) -> HttpEvent<O> {
        self.request_context.domain = Some(domain.into());
        self
    }

    /// Sets the time of the request. The default is the beginning of 2026.
    pub fn time(mut self, time: SystemTime) -> HttpEvent<O> {
        self.request_context.time = since_epoch(time);
        self
    }

    /// Sets the region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> HttpEvent<O> {
        self.request_context.region = region.into();
        self
    }

    /// Sets the account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> HttpEvent<O> {
        self.request_context.account = account.into();
        self
    }

    /// Sets the header `X-Amzn-Trace-Id`, for services that add it. An HTTP function sees the id of the invocation instead, which
    /// `TestContext::trace_id` sets.
    pub fn trace_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.trace_id = id.into();
        self
    }

    /// Sets any member of the event by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), for members without a method and
    /// for values that the service would not send. Creates missing objects on the path.
    ///
    /// ```
    /// # use lrt::testing::events;
    /// let event = events::http_api().set("/requestContext/http/protocol", "HTTP/2.0").set("/headers", ()).build();
    /// assert_eq!(event["requestContext"]["http"]["protocol"], "HTTP/2.0");
    /// assert!(event["headers"].is_null());
    /// ```
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> HttpEvent<O> {
        self.overrides.set(pointer, value.into());
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the body cannot be serialized as JSON, or a pointer leads through a value that is not an object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }
}

impl<O: HttpOrigin> IntoEvent for HttpEvent<O> {
    fn into_event(self) -> Result<Bytes, EventError> {
        if let Some(error) = self.body_error {
            return Err(error);
        }
        let event = match self.authorizer {
            None => self.request_context.event(self.request),
            Some(kind) => {
                self.request_context.authorizer_event(self.request, kind, &["header.Authorization".to_owned()])
            }
        };
        write(&self.overrides.apply(event)?).map(Bytes::from)
    }
}
