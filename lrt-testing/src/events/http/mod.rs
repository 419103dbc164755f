//! HTTP requests, as each service hands them to a function.

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
use crate::frontend::{Origin, Request, RequestContext};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::SystemTime;

/// A service that invokes functions with HTTP requests: what follows [`HttpEvent`].
pub trait HttpOrigin: private::Sealed {}

mod private {
    /// The services are known.
    pub trait Sealed {}
}

/// An HTTP request as the service `O` hands it to a function: what [`rest_api`], [`http_api`], [`function_url`], [`alb`],
/// [`lattice`] and [`websocket`] begin.
///
/// It is written as the client sends it, and the service's rules make the event of it: how names of headers are written,
/// what becomes of repeated ones, where cookies are, what is decoded. Host, `X-Forwarded-For` and the like are added.
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
            origin: PhantomData,
        }
    }

    /// A `GET` of this path, which may have a query.
    pub fn get(self, target: &str) -> HttpEvent<O> {
        self.request("GET", target)
    }

    /// A `HEAD` of this path, which may have a query.
    pub fn head(self, target: &str) -> HttpEvent<O> {
        self.request("HEAD", target)
    }

    /// A `POST` to this path, which may have a query.
    pub fn post(self, target: &str) -> HttpEvent<O> {
        self.request("POST", target)
    }

    /// A `PUT` to this path, which may have a query.
    pub fn put(self, target: &str) -> HttpEvent<O> {
        self.request("PUT", target)
    }

    /// A `PATCH` of this path, which may have a query.
    pub fn patch(self, target: &str) -> HttpEvent<O> {
        self.request("PATCH", target)
    }

    /// A `DELETE` of this path, which may have a query.
    pub fn delete(self, target: &str) -> HttpEvent<O> {
        self.request("DELETE", target)
    }

    /// An `OPTIONS` of this path, which may have a query.
    pub fn options(self, target: &str) -> HttpEvent<O> {
        self.request("OPTIONS", target)
    }

    /// The method, and what follows it in the request line: a path, which may have a query. Both are percent-encoded, as
    /// clients have to send them; `GET /` unless set.
    pub fn request(mut self, method: &str, target: &str) -> HttpEvent<O> {
        let Request { method, path, query, .. } = Request::new(method, target);
        self.request = Request { method, path, query, ..self.request };
        self
    }

    /// One more parameter in the query, which is percent-encoded here.
    pub fn query(mut self, name: &str, value: &str) -> HttpEvent<O> {
        let pair = format!("{}={}", percent_encode(name), percent_encode(value));
        let query = &mut self.request.query;
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&pair);
        self
    }

    /// A header; one of a name that is there already is a further value.
    pub fn header(mut self, name: &str, value: &str) -> HttpEvent<O> {
        // One that clients send once replaces what was there.
        if ["user-agent", "content-type", "host"].iter().any(|single| single.eq_ignore_ascii_case(name)) {
            self = self.without_header(name);
        }
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes all headers of this name out again.
    pub fn without_header(mut self, name: &str) -> HttpEvent<O> {
        self.request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// A cookie, beside those that are there.
    pub fn cookie(mut self, name: &str, value: &str) -> HttpEvent<O> {
        let mut cookies = self.request.cookies();
        cookies.push(format!("{name}={value}"));
        self = self.without_header("cookie");
        self.header("cookie", &cookies.join("; "))
    }

    /// A body: text or bytes.
    ///
    /// It stands in the event as text if it is UTF-8, not encoded (`content-encoding`), and of no type or one that services take for
    /// text: `text/*`, `application/json`, `application/javascript`, `application/xml`. Otherwise it is in base64. A REST
    /// API is thought to have the other types as its `BinaryMediaTypes`.
    pub fn body(mut self, body: impl Into<Bytes>) -> HttpEvent<O> {
        self.request.body = body.into();
        self.body_error = None;
        self
    }

    /// A body that is this value as JSON, with its type.
    pub fn json(self, body: &impl Serialize) -> HttpEvent<O> {
        let mut event = match serde_json::to_vec(body) {
            Ok(body) => self.body(body),
            Err(error) => {
                let error = EventError::new(format!("a request's body cannot be written as JSON: {error}"));
                HttpEvent { body_error: Some(error), ..self }
            }
        };
        event.request.or_header("Content-Type", "application/json");
        event
    }

    /// Whether the body is in base64, whatever its type; bytes that are no UTF-8 are in any case.
    pub fn base64(mut self, base64: bool) -> HttpEvent<O> {
        self.request.base64 = Some(base64);
        self
    }

    /// The client's address; `192.0.2.1` unless set.
    pub fn source_ip(mut self, ip: impl Into<String>) -> HttpEvent<O> {
        self.request_context.source_ip = ip.into();
        self
    }

    /// The header `User-Agent`, and what the service says of it; curl's unless set.
    pub fn user_agent(self, agent: &str) -> HttpEvent<O> {
        self.header("User-Agent", agent)
    }

    /// The name under which the client found the service: the header `Host` and the `domainName`, which is always its own
    /// for a function URL.
    pub fn domain(mut self, domain: impl Into<String>) -> HttpEvent<O> {
        self.request_context.domain = Some(domain.into());
        self
    }

    /// When the request came; the beginning of 2026 unless set.
    pub fn time(mut self, time: SystemTime) -> HttpEvent<O> {
        self.request_context.time = since_epoch(time);
        self
    }

    /// The region; `us-east-1` unless set.
    pub fn region(mut self, region: impl Into<String>) -> HttpEvent<O> {
        self.request_context.region = region.into();
        self
    }

    /// The account; `123456789012` unless set.
    pub fn account(mut self, account: impl Into<String>) -> HttpEvent<O> {
        self.request_context.account = account.into();
        self
    }

    /// The trace of the request: the header `X-Amzn-Trace-Id`, where the service adds it.
    pub fn trace_id(mut self, id: impl Into<String>) -> HttpEvent<O> {
        self.request_context.trace_id = id.into();
        self
    }

    /// Any member of the event, by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901): what has no method of its
    /// own, and what no service would send. Objects on the way are made.
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

    /// The event as JSON.
    ///
    /// # Panics
    ///
    /// When the body cannot be written as JSON, or a pointer leads into what is no object.
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
        write(&self.overrides.apply(self.request_context.event(self.request))?).map(Bytes::from)
    }
}
