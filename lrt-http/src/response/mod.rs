//! Serializes a response in the format that the event's source expects.

mod body;
mod header_value;
mod hop_by_hop;
mod multi_value;
mod prelude;
mod single_value;

pub use prelude::StreamingResponse;

use crate::log;
use crate::origin::Origin;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use lrt_core::{Error, ErrorReport, MAX_REPLY_BYTES, Reply, ReplyBuffer};

/// The size limit of a response to an Application Load Balancer: 1 MiB.
///
/// See [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
const MAX_ALB_BYTES: usize = 1024 * 1024;

/// The format in which the source of an event expects its response.
///
/// | origin | headers | cookies |
/// |---|---|---|
/// | REST API, HTTP API with format 1.0 | `multiValueHeaders` | among the headers |
/// | WebSocket API | `multiValueHeaders`, and `headers` for emulators that read only these | among the headers |
/// | HTTP API, function URL | `headers`, repeated values joined by commas | `cookies` |
/// | load balancer | `multiValueHeaders` or `headers`, as in the event | among the headers |
/// | VPC Lattice | `headers`, repeated values joined by commas | among the headers |
///
/// See the documentation of
/// [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format),
/// [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response),
/// [function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads),
/// [load balancers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#respond-to-load-balancer)
/// and [VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#respond-to-service).
#[derive(Clone, Debug)]
pub struct ResponseFormat {
    origin: Origin,
    headers: HeaderEncoding,
    is_head: bool,
}

/// The members of the reply that contain headers and cookies.
#[derive(Clone, Copy, Debug)]
enum HeaderEncoding {
    /// `multiValueHeaders`
    Multi,
    /// `multiValueHeaders` and `headers`
    MultiAndSingle,
    /// `headers` and `cookies`
    CookiesList,
    /// `headers`, with the cookies among them
    CookiesInHeaders,
}

/// Counts the headers that the origin cannot send unchanged.
#[derive(Default)]
struct LossyHeaders {
    /// Cookies after the first one, if the origin supports a single value per header.
    cookies: usize,
    /// Values that are not UTF-8.
    values: usize,
}

impl LossyHeaders {
    fn count_value(&mut self, is_utf8: bool) {
        self.values += usize::from(!is_utf8);
    }
}

impl ResponseFormat {
    /// `is_v2` is true for payload format 2.0, `is_multi` if the event has `multiValueHeaders`.
    pub(crate) fn new(origin: Origin, is_v2: bool, is_multi: bool) -> ResponseFormat {
        let headers = match origin {
            Origin::WebSocket => HeaderEncoding::MultiAndSingle,
            Origin::Lattice => HeaderEncoding::CookiesInHeaders,
            Origin::Alb if is_multi => HeaderEncoding::Multi,
            Origin::Alb => HeaderEncoding::CookiesInHeaders,
            _ if is_v2 => HeaderEncoding::CookiesList,
            _ => HeaderEncoding::Multi,
        };
        ResponseFormat { origin, headers, is_head: false }
    }

    /// Sets the method of the request. The response to `HEAD` has no body.
    pub(crate) fn set_method(&mut self, method: &Method) {
        self.is_head = *method == Method::HEAD;
    }

    /// Returns the origin of the event.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Serializes a response with its complete body.
    ///
    /// The body is text if it is UTF-8 and has no content encoding, otherwise base64. The bodies of responses to `HEAD`
    /// and of responses with status 204 or 304 are dropped, and so is the `content-length` of a 204. Hop-by-hop headers
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)) are dropped. If the origin cannot send some
    /// of the headers unchanged, one warning is logged.
    ///
    /// ```
    /// use lrt_http::{AcceptedOrigins, read};
    ///
    /// let event = r#"{"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}}}"#;
    /// let (_request, format) = read(&event.into(), AcceptedOrigins::HttpApi, None).unwrap();
    /// let (parts, body) = http::Response::builder().header("content-type", "text/plain").body("tea").unwrap().into_parts();
    /// let reply = format.write(parts, body.as_bytes(), Default::default()).unwrap();
    /// let expected = r#"{"statusCode":200,"headers":{"content-type":"text/plain"},"cookies":[],"isBase64Encoded":false,"body":"tea"}"#;
    /// assert_eq!(reply.body(), expected.as_bytes());
    /// ```
    ///
    /// # Errors
    ///
    /// Returns `Function.ResponseSizeTooLarge`, with both sizes, if the response exceeds the limit of Lambda or of the load
    /// balancer.
    pub fn write(&self, mut parts: Parts, body: &[u8], buffer: ReplyBuffer) -> Result<Reply, ErrorReport> {
        let has_body = self.has_body(parts.status);
        hop_by_hop::remove(&mut parts.headers);
        if parts.status == StatusCode::NO_CONTENT {
            // RFC 9110 forbids the header in a 204, and clients would wait for the announced body.
            parts.headers.remove(CONTENT_LENGTH);
        }
        let mut lossy = LossyHeaders::default();
        let reply = buffer.write(|out| {
            self.write_head(&parts, out, &mut lossy);
            body::write(out, &parts.headers, if has_body { body } else { b"" });
            out.push(b'}');
        });
        if lossy.cookies + lossy.values > 0 {
            self.warn(&lossy);
        }
        self.check_size("response", reply.body().len())?;
        Ok(reply)
    }

    /// Returns true if a response with this status has a body. Responses to `HEAD` and those with status 204 or 304 have none.
    pub fn has_body(&self, status: StatusCode) -> bool {
        !self.is_head && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// Writes status, headers and cookies, and the comma that follows them.
    fn write_head(&self, parts: &Parts, out: &mut Vec<u8>, lossy: &mut LossyHeaders) {
        out.extend_from_slice(br#"{"statusCode":"#);
        out.extend_from_slice(parts.status.as_str().as_bytes());
        out.push(b',');
        if self.origin == Origin::Alb {
            write_status_description(out, parts.status);
        }
        match self.headers {
            HeaderEncoding::Multi => multi_value::write_headers(out, parts, lossy),
            HeaderEncoding::MultiAndSingle => {
                let cookies = single_value::write_headers(out, parts, &mut LossyHeaders::default());
                single_value::write_cookies_in_headers(
                    out,
                    &parts.headers,
                    cookies.min(1),
                    &mut LossyHeaders::default(),
                );
                multi_value::write_headers(out, parts, lossy);
            }
            HeaderEncoding::CookiesList => {
                let cookies = single_value::write_headers(out, parts, lossy);
                single_value::write_cookies_list(out, &parts.headers, cookies, lossy);
            }
            HeaderEncoding::CookiesInHeaders => {
                let cookies = single_value::write_headers(out, parts, lossy);
                single_value::write_cookies_in_headers(out, &parts.headers, cookies, lossy);
            }
        }
    }

    /// Checks that a response, or the part of it that `part` names, does not exceed the size limit.
    ///
    /// # Errors
    ///
    /// Returns `Function.ResponseSizeTooLarge`, with both sizes.
    pub fn check_size(&self, part: &str, size: usize) -> Result<(), ErrorReport> {
        let (limit, service) = match self.origin {
            Origin::Alb => (MAX_ALB_BYTES, "Application Load Balancers"),
            _ => (MAX_REPLY_BYTES, "Lambda"),
        };
        match size {
            size if size > limit => Err(too_large(part, size, limit, service)),
            _ => Ok(()),
        }
    }

    #[cold]
    fn warn(&self, lossy: &LossyHeaders) {
        let origin = self.origin.description();
        if lossy.cookies > 0 {
            let cookies = lossy.cookies + 1;
            let help = match self.origin {
                Origin::Alb => ". Enable multi-value headers for the target group",
                _ => "",
            };
            log::warn(format_args!(
                "some cookies may be lost: the response has {cookies} cookies, but {origin} supports one value per header \
                 (sent as set-cookie, Set-cookie, …){help}"
            ));
        } else {
            log::warn(format_args!(
                "a response header is not UTF-8, which {origin} requires (sent as ISO 8859-1 text)"
            ));
        }
    }
}

/// Calls `visit` with each header, and true for the first value of a name. The values of a name are consecutive.
fn for_each_header<'a>(parts: &'a Parts, mut visit: impl FnMut(&'a HeaderName, &'a HeaderValue, bool)) {
    let mut last = None;
    for (name, value) in &parts.headers {
        visit(name, value, last != Some(name));
        last = Some(name);
    }
}

/// Writes `"statusDescription":"200 OK"`.
fn write_status_description(out: &mut Vec<u8>, status: StatusCode) {
    out.extend_from_slice(br#""statusDescription":""#);
    out.extend_from_slice(status.as_str().as_bytes());
    if let Some(reason) = status.canonical_reason() {
        out.push(b' ');
        out.extend_from_slice(reason.as_bytes());
    }
    out.extend_from_slice(b"\",");
}

#[cold]
fn too_large(part: &str, size: usize, limit: usize, service: &str) -> ErrorReport {
    let message = format!("the {part} has {size} bytes, which exceeds the limit of {service} ({limit} bytes)");
    Error::named("Function.ResponseSizeTooLarge", message).into()
}
