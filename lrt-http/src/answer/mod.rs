//! From a response to the answer that its origin takes.

mod body;
pub(crate) mod json;
mod multi;
mod prelude;
mod single;

pub use prelude::Started;

use crate::bytes::{digits, put, reason};
use crate::origin::Origin;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use lrt_core::{Context, Error, MAX_REPLY_BYTES, Reply, Report, Room, log};

/// The most bytes that an Application Load Balancer takes as an answer: 1 MiB.
///
/// See [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
const MAX_ALB_BYTES: usize = 1024 * 1024;

/// How the answer to one event is written.
///
/// | origin | headers | cookies |
/// |---|---|---|
/// | REST API, HTTP API in format 1.0 | `multiValueHeaders` | among them |
/// | WebSocket API | `multiValueHeaders`, and `headers` for those who read no other | among them |
/// | HTTP API, function URL | `headers`, values of one name joined by commas | `cookies` |
/// | load balancer | as the event has them | among them |
/// | VPC Lattice | `headers`, values of one name joined by commas | among them |
///
/// See the pages of
/// [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format),
/// [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response),
/// [function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads),
/// [load balancers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#respond-to-load-balancer)
/// and [VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#respond-to-service).
#[derive(Clone, Debug)]
pub struct Answer {
    origin: Origin,
    shape: Shape,
    is_head: bool,
}

/// Where headers and cookies go.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Multi,
    Both,
    Apart,
    Among,
}

/// What an origin cannot carry.
#[derive(Default)]
struct Lost {
    cookies: usize,
    values: usize,
}

impl Lost {
    fn value(&mut self, is_whole: bool) {
        self.values += usize::from(!is_whole);
    }
}

impl Answer {
    /// `is_second` tells payload format 2.0, `is_multi` that the event has `multiValueHeaders`.
    pub(crate) fn to(origin: Origin, is_second: bool, is_multi: bool) -> Answer {
        let shape = match origin {
            Origin::WebSocket => Shape::Both,
            Origin::Lattice => Shape::Among,
            Origin::Alb if is_multi => Shape::Multi,
            Origin::Alb => Shape::Among,
            _ if is_second => Shape::Apart,
            _ => Shape::Multi,
        };
        Answer { origin, shape, is_head: false }
    }

    /// Notes the request's method: the answer to `HEAD` has no body.
    pub(crate) fn set_method(&mut self, method: &Method) {
        self.is_head = *method == Method::HEAD;
    }

    /// Where the event came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Writes a response whose body was collected.
    ///
    /// The body is text if it is UTF-8 and has no content encoding, base64 otherwise. The answers to `HEAD` and those of
    /// status 204 and 304 have none, whatever the response has; of their headers, only the `content-length` of a 204 is
    /// left out. What the origin cannot carry is one warning in the log.
    ///
    /// ```
    /// use lrt_http::{Accepts, read};
    ///
    /// let event = r#"{"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}}}"#;
    /// let (_request, answer) = read(&event.into(), Accepts::HttpApi, None).unwrap();
    /// let (parts, body) = http::Response::builder().header("content-type", "text/plain").body("tea").unwrap().into_parts();
    /// let reply = answer.write(parts, body.as_bytes(), Default::default()).unwrap();
    /// let expected = r#"{"statusCode":200,"headers":{"content-type":"text/plain"},"cookies":[],"isBase64Encoded":false,"body":"tea"}"#;
    /// assert_eq!(reply.body(), expected.as_bytes());
    /// ```
    ///
    /// # Errors
    ///
    /// `Function.ResponseSizeTooLarge`: the answer is larger than what Lambda takes, or the load balancer. Both sizes are
    /// named.
    pub fn write(&self, parts: Parts, body: &[u8], room: Room) -> Result<Reply, Report> {
        let has_body = self.has_body(parts.status);
        let mut lost = Lost::default();
        let reply = room.write(|out| {
            self.head(&parts, out, &mut lost);
            body::write(out, &parts.headers, if has_body { body } else { b"" });
            out.push(b'}');
        });
        if lost.cookies + lost.values > 0 {
            self.warn(&lost);
        }
        self.takes("answer", reply.body().len())?;
        Ok(reply)
    }

    /// Whether a response of this status has a body: the answers to `HEAD`, and those of status 204 and 304, have none.
    pub fn has_body(&self, status: StatusCode) -> bool {
        !self.is_head && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// Status, headers and cookies, up to the comma behind them.
    fn head(&self, parts: &Parts, out: &mut Vec<u8>, lost: &mut Lost) {
        out.extend_from_slice(br#"{"statusCode":"#);
        out.extend_from_slice(&digits(parts.status));
        out.push(b',');
        if self.origin == Origin::Alb {
            description(out, parts.status);
        }
        match self.shape {
            Shape::Multi => multi::headers(out, parts, lost),
            Shape::Both => {
                let cookies = single::headers(out, parts, &mut Lost::default());
                single::cookies_among(out, &parts.headers, cookies.min(1), &mut Lost::default());
                multi::headers(out, parts, lost);
            }
            Shape::Apart => {
                let cookies = single::headers(out, parts, lost);
                single::cookies_apart(out, &parts.headers, cookies, lost);
            }
            Shape::Among => {
                let cookies = single::headers(out, parts, lost);
                single::cookies_among(out, &parts.headers, cookies, lost);
            }
        }
    }

    /// Whether so many bytes are no more than the origin takes. `what` has them, of the answer.
    ///
    /// # Errors
    ///
    /// `Function.ResponseSizeTooLarge`, with both sizes.
    pub fn takes(&self, what: &str, size: usize) -> Result<(), Report> {
        let (limit, who) = match self.origin {
            Origin::Alb => (MAX_ALB_BYTES, "an Application Load Balancer"),
            _ => (MAX_REPLY_BYTES, "Lambda"),
        };
        match size {
            size if size > limit => Err(too_large(what, size, limit, who)),
            _ => Ok(()),
        }
    }

    #[cold]
    fn warn(&self, lost: &Lost) {
        let origin = self.origin.name();
        let cookies = lost.cookies + 1;
        let current = Context::current();
        let id = current.as_ref().map_or("", Context::request_id);
        if lost.cookies > 0 {
            let cure = match self.origin {
                Origin::Alb => "; turn on multi-value headers of its target group",
                _ => "",
            };
            log::warn(
                id,
                format_args!(
                    "the response has {cookies} cookies, and {origin} takes one value of a header: \
                     they are sent as set-cookie, Set-cookie, … and some may be lost{cure}"
                ),
            );
        } else {
            log::warn(
                id,
                format_args!("a header of the response is no UTF-8, and {origin} takes text: it is sent as ISO 8859-1"),
            );
        }
    }
}

/// Hands on each header, and whether it is the first of its name: those of one name come one after the other.
fn runs<'a>(parts: &'a Parts, mut take: impl FnMut(&'a HeaderName, &'a HeaderValue, bool)) {
    let mut last = None;
    for (name, value) in &parts.headers {
        // RFC 9110 forbids it there, and clients wait for what is announced.
        if parts.status == StatusCode::NO_CONTENT && *name == CONTENT_LENGTH {
            continue;
        }
        take(name, value, last != Some(name));
        last = Some(name);
    }
}

/// Writes `"statusDescription":"200 OK"`.
fn description(out: &mut Vec<u8>, status: StatusCode) {
    put(out, br#""statusDescription":""#);
    put(out, &digits(status));
    if let Some(reason) = reason(status) {
        out.push(b' ');
        put(out, reason.as_bytes());
    }
    put(out, b"\",");
}

#[cold]
fn too_large(what: &str, size: usize, limit: usize, who: &str) -> Report {
    let message = format!("the {what} has {size} bytes, and {who} takes at most {limit}");
    Error::named("Function.ResponseSizeTooLarge", message).into()
}
