//! Ordinary HTTP: the local Lambda as the service that stands in front of an HTTP function.

use super::function_name;
use super::invoke_api::{Answer, answer, read};
use super::lambda::MAX_PAYLOAD_BYTES;
use super::pool::{PendingInvocation, Pool};
use super::response_stream::{self, ResponseStream};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, StatusCode};
use lrt_testing::__private::{ErrorResponse, HeaderMode, Origin, Reply, Request, RequestContext, route, uuid};
use lrt_testing::{AnswerKind, Event};
use std::fmt::Display;
use std::time::{SystemTime, UNIX_EPOCH};

/// The most bytes of a body that passes a load balancer in either direction: 1 MB
/// ([limits](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html)).
const MAX_ALB_BYTES: usize = 1024 * 1024;

/// What is between two machines, and not between client and function.
const HOP_BY_HOP: [&str; 6] = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// The service in front of the function.
pub(super) struct HttpFrontend {
    origin: Origin,
    route: Option<String>,
}

/// The service that `--origin` names, or else the usual one of this kind; none where it has none that speaks HTTP. Or
/// what is wrong with the name.
pub(super) fn origin_of(kind: &str, named: Option<&str>) -> Result<Option<Origin>, String> {
    let origins = origins(kind);
    let Some(named) = named else { return Ok(origins.first().copied()) };
    if origins.is_empty() {
        return Err(format!("--origin is for functions of HTTP requests, and this one is of kind {kind}"));
    }
    let found = origins.iter().find(|origin| origin.name() == named);
    found.copied().map(Some).ok_or_else(|| {
        let names: Vec<&str> = origins.iter().map(|origin| origin.name()).collect();
        format!("--origin {named}: a function of kind {kind} takes {}", names.join(", "))
    })
}

/// All that may stand in front of this kind and speak HTTP, the usual one first.
pub(super) fn origins(kind: &str) -> Vec<Origin> {
    Origin::of_kind(kind).iter().copied().filter(|origin| *origin != Origin::WebSocket).collect()
}

impl HttpFrontend {
    pub(super) fn new(origin: Origin, route: Option<&str>) -> HttpFrontend {
        HttpFrontend { origin, route: route.map(str::to_owned) }
    }

    /// What it is called in `--origin`.
    pub(super) fn name(&self) -> &'static str {
        self.origin.name()
    }

    pub(super) fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// A command that calls the function, at this address: by its route, or at `/`.
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

    /// Has the function answer a request.
    pub(super) async fn respond(&self, pool: &Pool, function: &str, head: Parts, body: Incoming) -> Answer {
        let target = head.uri.path_and_query().map_or("", |target| target.as_str());
        if head.method == Method::CONNECT || !target.starts_with('/') {
            let headers = [("Content-Type", "text/plain; charset=utf-8")];
            return answer(400, &headers, "this is no proxy: a request asks for a path, which begins with a slash\n");
        }
        let limit = if self.origin == Origin::Alb { MAX_ALB_BYTES } else { MAX_PAYLOAD_BYTES };
        let body = match read(body, limit).await {
            Ok((body, size)) if size <= limit => body,
            Ok(_) => return self.refuse(ErrorResponse::RequestTooLarge),
            Err(_) => return answer(400, &[], ""),
        };
        let mut request =
            Request { headers: headers(&head.headers), body, ..Request::new(head.method.as_str(), target) };
        if let Some(authority) = head.uri.authority() {
            // RFC 9112, 3.2.2: it goes before the header.
            request.headers.retain(|(name, _)| name != "host");
            request.or_header("host", authority.as_str());
        }
        let what = format!("{} {target}", head.method);
        let request_context = self.request_context(&request);
        let trace_id = request_context.trace_id.clone();
        let id = request_context.request_id.clone();
        let event = serde_json::to_vec(&request_context.event(request)).unwrap_or_default();
        if event.len() > MAX_PAYLOAD_BYTES {
            return self.refuse(ErrorResponse::RequestTooLarge);
        }
        let event = Event::new(event)
            .request_id(&id)
            .header("Lambda-Runtime-PendingInvocation-Function-Arn", function_name::arn(function))
            .header("Lambda-Runtime-Trace-Id", format!("{trace_id};Parent=0000000000000000;Sampled=0"));
        let (parts, PendingInvocation { answer: pending, .. }) = pool.request(event, what);
        let reply = match response_stream::head(parts, pending).await {
            Ok((reply, body)) => return self.stream(reply, body, &id),
            Err(Ok(answer)) => answer,
            Err(Err(why)) => return self.refuse_answer(&why),
        };
        match reply.kind {
            AnswerKind::Reply => self.translate(&reply.body, head.method == Method::HEAD, &id),
            // The terminal has said why.
            AnswerKind::Error | AnswerKind::Lost => self.refuse(ErrorResponse::FunctionFailed),
        }
    }

    /// The response whose body is handed on as the function makes it.
    fn stream(&self, reply: Reply, body: ResponseStream, id: &str) -> Answer {
        let response = response(reply, false, self.id_header().map(|name| (name, id)));
        response
            .map_or_else(|why| self.refuse_answer(&why), |response| response.map(|_| Either::Right(Either::Left(body))))
    }

    fn refuse_answer(&self, why: &str) -> Answer {
        eprintln!("ERROR {} does not take the function's answer: {why}", self.name());
        self.refuse(ErrorResponse::FunctionFailed)
    }

    fn request_context(&self, request: &Request) -> RequestContext {
        let mut request_context = RequestContext::example(self.origin);
        request_context.request_id = uuid();
        request_context.time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let root: String = uuid().chars().filter(|c| *c != '-').take(24).collect();
        let theirs = request.header("x-amzn-trace-id").map(str::to_owned);
        request_context.trace_id =
            theirs.unwrap_or_else(|| format!("Root=1-{:08x}-{root}", request_context.time.as_secs()));
        request_context.source_ip = "127.0.0.1".to_owned();
        request_context.scheme = "http";
        let host = request.header("host");
        let port = host.and_then(|host| host.rsplit_once(':')).and_then(|(_, port)| port.parse().ok());
        request_context.port = port.unwrap_or(80);
        request_context.domain = host.map(str::to_owned);
        let fits = |route: &&String| route::matches(route, &request.method, &request.path);
        request_context.route = self.route.as_ref().filter(fits).filter(|_| self.origin.has_routes()).cloned();
        request_context
    }

    /// The response that the service makes of the function's answer.
    fn translate(&self, reply: &[u8], head: bool, id: &str) -> Answer {
        let mode = if self.origin == Origin::RestApi { HeaderMode::Both } else { HeaderMode::Single };
        let response = Reply::read(reply, &[self.origin], mode).and_then(|reply| {
            if self.origin == Origin::Alb && reply.body.len() > MAX_ALB_BYTES {
                return Err(format!("its body has more than {MAX_ALB_BYTES} bytes"));
            }
            response(reply, head, self.id_header().map(|name| (name, id)))
        });
        response.unwrap_or_else(|why| self.refuse_answer(&why))
    }

    /// The header that tells the client the id of its request.
    fn id_header(&self) -> Option<&'static str> {
        match self.origin {
            Origin::RestApi | Origin::FunctionUrl => Some("x-amzn-requestid"),
            Origin::HttpApi => Some("apigw-requestid"),
            Origin::Alb | Origin::Lattice | Origin::WebSocket => None,
        }
    }

    fn refuse(&self, refusal: ErrorResponse) -> Answer {
        let (status, content_type, error, body) = refusal.for_origin(self.origin);
        let headers = [("Content-Type", content_type), ("x-amzn-ErrorType", error.unwrap_or_default())];
        answer(status, &headers[..1 + usize::from(error.is_some())], body)
    }
}

/// The headers as text. A value that is no UTF-8 is Latin-1, which loses no byte.
fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    // The body is whole, however it was sent.
    let handed_on = map.iter().filter(|(name, _)| *name != "transfer-encoding" && *name != "expect");
    handed_on.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn response(reply: Reply, head: bool, id: Option<(&'static str, &str)>) -> Result<Answer, String> {
    let Reply { status, headers, cookies, body } = reply;
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
    let cookies = cookies.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie));
    for (name, value) in headers.into_iter().chain(cookies) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("{name:?}: {error}"))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| format!("its header {name}: {error}"))?;
        // How long the body is is known here, but for a HEAD, which has none.
        if !HOP_BY_HOP.contains(&name.as_str()) && (head || name != "content-length") {
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

    fn name_of(kind: &str, named: Option<&str>) -> Result<Option<&'static str>, String> {
        Ok(origin_of(kind, named)?.map(Origin::name))
    }

    #[test]
    fn each_kind_has_its_origins() {
        for (kind, named, origin) in [
            ("http", None, Some("function_url")),
            ("http", Some("lattice"), Some("lattice")),
            ("api_gateway", None, Some("http_api")),
            ("api_gateway", Some("rest_api"), Some("rest_api")),
            ("function_url", None, Some("function_url")),
            ("alb", Some("alb"), Some("alb")),
            ("websocket", None, None),
            ("sqs", None, None),
        ] {
            assert_eq!(name_of(kind, named), Ok(origin), "{kind}");
        }
        let wrong = "--origin alb: a function of kind api_gateway takes http_api, rest_api";
        assert_eq!(name_of("api_gateway", Some("alb")), Err(wrong.to_owned()));
        for kind in ["json", "websocket"] {
            let wrong = format!("--origin is for functions of HTTP requests, and this one is of kind {kind}");
            assert_eq!(name_of(kind, Some("alb")), Err(wrong));
        }
    }

    #[test]
    fn the_curl_line_is_of_the_route() {
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
