//! HTTP requests to an HTTP function. The local Lambda takes the role of the service in front of it.

use super::authorizer::Authorizer;
use super::claims;
use super::function_name;
use super::http_message::{HttpResponse, read, response};
use super::lambda::MAX_PAYLOAD_BYTES;
use super::pool::{PendingInvocation, Pool};
use super::response_stream::{self, ResponseStream, StreamStart};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, StatusCode};
use lrt_testing::__private::{ErrorResponse, HeaderMode, Origin, Reply, Request, RequestContext, route, uuid};
use lrt_testing::{AnswerKind, Event};
use serde_json::Value;
use std::fmt::Display;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Maximum size of a body that passes through a load balancer, in either direction: 1 MB
/// ([limits](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html)).
const MAX_ALB_BYTES: usize = 1024 * 1024;

/// Headers that apply to one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 6] = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// The service in front of an HTTP function.
pub(super) struct HttpFrontend {
    origin: Origin,
    route: Option<String>,
    /// The claims that an authorizer would add to each request.
    claims: Option<Value>,
    /// The function that authorizes the requests.
    authorizer: Option<Arc<Authorizer>>,
}

/// Returns the origin called `name`, or the default origin of the kind; `None` for kinds that do not receive plain
/// HTTP.
///
/// # Errors
///
/// Returns an error if functions of this kind do not support the origin.
pub(super) fn select_origin(kind: &str, name: Option<&str>) -> Result<Option<Origin>, String> {
    let origins = origins(kind);
    let Some(name) = name else { return Ok(origins.first().copied()) };
    if origins.is_empty() {
        return Err(format!("--origin requires an HTTP function, and this one is of kind {kind}"));
    }
    let found = origins.iter().find(|origin| origin.name() == name);
    found.copied().map(Some).ok_or_else(|| {
        let names: Vec<&str> = origins.iter().map(|origin| origin.name()).collect();
        format!("--origin {name}: a function of kind {kind} supports {}", names.join(", "))
    })
}

/// Returns the origins of a kind that forward plain HTTP, the default one first.
pub(super) fn origins(kind: &str) -> Vec<Origin> {
    Origin::of_kind(kind).iter().copied().filter(|origin| *origin != Origin::WebSocket).collect()
}

impl HttpFrontend {
    pub(super) fn new(origin: Origin, route: Option<&str>) -> HttpFrontend {
        HttpFrontend { origin, route: route.map(str::to_owned), claims: None, authorizer: None }
    }

    /// Adds these claims to each request, if the origin has an authorizer for tokens or for signatures of IAM.
    pub(super) fn with_claims(self, claims: Option<&Value>) -> HttpFrontend {
        HttpFrontend { claims: claims.cloned(), ..self }
    }

    /// Calls the authorizer before each request, if the origin is an API.
    pub(super) fn with_authorizer(self, authorizer: Option<Arc<Authorizer>>) -> HttpFrontend {
        HttpFrontend { authorizer: authorizer.filter(|_| self.origin.has_routes()), ..self }
    }

    /// The name of the origin in `--origin`.
    pub(super) fn name(&self) -> &'static str {
        self.origin.name()
    }

    pub(super) fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// Returns a command that calls the function, at its route or at `/`.
    pub(super) fn curl(&self, address: impl Display) -> String {
        let (method, path) = route::example(self.route.as_deref().unwrap_or("GET /"));
        let url = format!("http://{address}{path}");
        match method {
            "GET" => format!("curl {url}"),
            "HEAD" => format!("curl -I {url}"),
            "POST" | "PUT" | "PATCH" => {
                format!("curl -X {method} {url} -H 'content-type: application/json' -d '{{}}'")
            }
            other => format!("curl -X {other} {url}"),
        }
    }

    /// Invokes the function with a request and returns its response.
    pub(super) async fn respond(&self, pool: &Pool, function: &str, head: Parts, body: Incoming) -> HttpResponse {
        let target = head.uri.path_and_query().map_or("", |target| target.as_str());
        if head.method == Method::CONNECT || !target.starts_with('/') {
            let headers = [("Content-Type", "text/plain; charset=utf-8")];
            return response(
                400,
                &headers,
                "proxy requests are not supported (expected a path that begins with a slash)\n",
            );
        }
        let limit = if self.origin == Origin::Alb { MAX_ALB_BYTES } else { MAX_PAYLOAD_BYTES };
        let body = match read(body, limit).await {
            Ok((body, size)) if size <= limit => body,
            Ok(_) => return self.error(ErrorResponse::RequestTooLarge),
            Err(_) => return response(400, &[], ""),
        };
        let mut request =
            Request { headers: headers(&head.headers), body, ..Request::new(head.method.as_str(), target) };
        if let Some(authority) = head.uri.authority() {
            // RFC 9112, section 3.2.2: the authority in the target replaces the header.
            request.headers.retain(|(name, _)| name != "host");
            request.or_header("host", authority.as_str());
        }
        let description = format!("{} {}", head.method, head.uri.path());
        let mut context = self.request_context(&request);
        if let Some(authorizer) = self.authorizer.as_ref().filter(|_| self.is_authorized(&request)) {
            match authorizer.authorize(self.origin, &request, &context).await {
                Ok(authorizer) => context.authorizer = Some(authorizer),
                Err(error) => return self.error(error),
            }
        }
        let (trace_id, id) = (context.trace_id.clone(), context.request_id.clone());
        let event = serde_json::to_vec(&context.event(request)).unwrap_or_default();
        if event.len() > MAX_PAYLOAD_BYTES {
            return self.error(ErrorResponse::RequestTooLarge);
        }
        let event = Event::new(event)
            .request_id(&id)
            .header("Lambda-Runtime-Invoked-Function-Arn", function_name::arn(function))
            .header("Lambda-Runtime-Trace-Id", format!("{trace_id};Parent=0000000000000000;Sampled=0"));
        let (parts, PendingInvocation { answer, .. }) = pool.request(event, description);
        let answer = match response_stream::start_http(parts, answer).await {
            StreamStart::Streamed(reply, body) => return self.stream(reply, body, &id),
            StreamStart::Buffered(answer) => answer,
            StreamStart::Invalid(error) => return self.invalid_reply(&error),
        };
        match answer.kind {
            AnswerKind::Reply => self.translate(&answer.body, head.method == Method::HEAD, &id),
            // The report contains the cause.
            AnswerKind::Error | AnswerKind::Lost => self.error(ErrorResponse::FunctionFailed),
        }
    }

    /// Returns true if the authorizer is called. The route for preflight requests, which have no credentials, has no authorizer.
    fn is_authorized(&self, request: &Request) -> bool {
        let is_own = self.route.as_ref().is_none_or(|route| route::matches(route, &request.method, &request.path));
        is_own || request.method != "OPTIONS"
    }

    /// Returns a response whose body is forwarded while the function produces it.
    fn stream(&self, reply: Reply, body: ResponseStream, id: &str) -> HttpResponse {
        match http_response(reply, false, self.id_header().map(|name| (name, id))) {
            Ok(response) => response.map(|_| Either::Right(Either::Left(body))),
            Err(error) => self.invalid_reply(&error),
        }
    }

    fn invalid_reply(&self, error: &str) -> HttpResponse {
        eprintln!("ERROR {} rejected the function's reply: {error}", self.name());
        self.error(ErrorResponse::FunctionFailed)
    }

    fn request_context(&self, request: &Request) -> RequestContext {
        let mut context = RequestContext::example(self.origin);
        context.request_id = uuid();
        context.time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let root: String = uuid().chars().filter(|c| *c != '-').take(24).collect();
        let trace_id = request.header("x-amzn-trace-id").map(str::to_owned);
        context.trace_id = trace_id.unwrap_or_else(|| format!("Root=1-{:08x}-{root}", context.time.as_secs()));
        context.source_ip = "127.0.0.1".to_owned();
        context.scheme = "http";
        let host = request.header("host");
        let port = host.and_then(|host| host.rsplit_once(':')).and_then(|(_, port)| port.parse().ok());
        context.port = port.unwrap_or(80);
        context.domain = host.map(str::to_owned);
        let matches = |route: &&String| route::matches(route, &request.method, &request.path);
        context.route = self.route.as_ref().filter(matches).filter(|_| self.origin.has_routes()).cloned();
        if let Some(claims) = &self.claims {
            claims::add(&mut context, self.origin, claims);
        }
        context
    }

    /// Converts the function's reply to the response of the service.
    fn translate(&self, reply: &[u8], is_head: bool, id: &str) -> HttpResponse {
        let mode = if self.origin == Origin::RestApi { HeaderMode::Both } else { HeaderMode::Single };
        let response = Reply::read(reply, &[self.origin], mode).and_then(|reply| {
            if self.origin == Origin::Alb && reply.body.len() > MAX_ALB_BYTES {
                return Err(format!("body exceeds {MAX_ALB_BYTES} bytes"));
            }
            http_response(reply, is_head, self.id_header().map(|name| (name, id)))
        });
        response.unwrap_or_else(|error| self.invalid_reply(&error))
    }

    /// Returns the name of the header in which the client receives the request id.
    fn id_header(&self) -> Option<&'static str> {
        match self.origin {
            Origin::RestApi | Origin::FunctionUrl => Some("x-amzn-requestid"),
            Origin::HttpApi => Some("apigw-requestid"),
            Origin::Alb | Origin::Lattice | Origin::WebSocket => None,
        }
    }

    fn error(&self, error: ErrorResponse) -> HttpResponse {
        let (status, content_type, name, body) = error.for_origin(self.origin);
        let headers = [("Content-Type", content_type), ("x-amzn-ErrorType", name.unwrap_or_default())];
        response(status, &headers[..1 + usize::from(name.is_some())], body)
    }
}

/// Converts headers to text. A value that is not valid UTF-8 is decoded as Latin-1, which preserves each byte.
fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    // The event contains the entire body, independent of the framing.
    let forwarded = map.iter().filter(|(name, _)| *name != "transfer-encoding" && *name != "expect");
    forwarded.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn http_response(reply: Reply, is_head: bool, id: Option<(&'static str, &str)>) -> Result<HttpResponse, String> {
    let Reply { status, headers, cookies, body } = reply;
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
    let cookies = cookies.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie));
    for (name, value) in headers.into_iter().chain(cookies) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("{name:?}: {error}"))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| format!("header {name}: {error}"))?;
        // hyper sets the length of the body, except in responses to HEAD, which have none.
        if !HOP_BY_HOP.contains(&name.as_str()) && (is_head || name != "content-length") {
            response.headers_mut().append(name, value);
        }
    }
    if let Some((name, id)) = id {
        let value = HeaderValue::from_str(id).map_err(|error| error.to_string())?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(kind: &str, name: Option<&str>) -> Result<Option<&'static str>, String> {
        Ok(select_origin(kind, name)?.map(Origin::name))
    }

    #[test]
    fn origins_are_selected_by_kind_and_name() {
        for (kind, name, origin) in [
            ("http", None, Some("function_url")),
            ("http", Some("lattice"), Some("lattice")),
            ("api_gateway", None, Some("http_api")),
            ("api_gateway", Some("rest_api"), Some("rest_api")),
            ("function_url", None, Some("function_url")),
            ("alb", Some("alb"), Some("alb")),
            ("websocket", None, None),
            ("sqs", None, None),
        ] {
            assert_eq!(select(kind, name), Ok(origin), "{kind}");
        }
        let error = "--origin alb: a function of kind api_gateway supports http_api, rest_api";
        assert_eq!(select("api_gateway", Some("alb")), Err(error.to_owned()));
        for kind in ["json", "websocket"] {
            let error = format!("--origin requires an HTTP function, and this one is of kind {kind}");
            assert_eq!(select(kind, Some("alb")), Err(error));
        }
    }

    #[test]
    fn curl_command_follows_the_route() {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9000));
        for (route, curl) in [
            (None, "curl http://127.0.0.1:9000/"),
            (Some("GET /orders/{id}"), "curl http://127.0.0.1:9000/orders/1"),
            (Some("ANY /{proxy+}"), "curl http://127.0.0.1:9000/1"),
            (Some("DELETE /a"), "curl -X DELETE http://127.0.0.1:9000/a"),
            (Some("HEAD /a"), "curl -I http://127.0.0.1:9000/a"),
            (Some("PUT /a"), "curl -X PUT http://127.0.0.1:9000/a -H 'content-type: application/json' -d '{}'"),
        ] {
            assert_eq!(HttpFrontend::new(Origin::HttpApi, route).curl(address), curl);
        }
    }
}
