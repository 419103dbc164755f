//! The front door: ordinary HTTP where the function takes it (`http`), and the Lambda service's operations (`operation`).

use super::browser_check::{check_origin, check_page};
use super::error_response::InvokeError;
use super::event_stream::{self, EventStream};
use super::function_error::FunctionError;
use super::function_name::FunctionName;
use super::http_frontend::HttpFrontend;
use super::lambda;
use super::operation::{self, InvocationType, Operation};
use super::page::{self, Page};
use super::pool::{PendingInvocation, Pool};
use super::response_stream::ResponseStream;
use super::router::{self, Address};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use lrt_testing::__private::check_json;
use lrt_testing::Event;
use std::net::SocketAddr;

/// An answer, whole or streamed.
pub(super) type Answer = Response<Either<Full<Bytes>, Either<ResponseStream, EventStream>>>;

/// The most bytes of an event whose caller does not wait: 1 MB. Others: [`lambda::MAX_PAYLOAD_BYTES`].
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const MAX_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Headers of a request that the function gets to see, and their names in the Runtime API.
const HANDED_ON: [(&str, &str); 2] =
    [("X-Amz-Tenant-Id", "Lambda-Runtime-Aws-Tenant-Id"), ("X-Amzn-Trace-Id", "Lambda-Runtime-Trace-Id")];

/// The most bytes of a client context, in base64.
const MAX_CLIENT_CONTEXT_BYTES: usize = 3583;

/// Turns requests into events, and answers into responses.
pub(super) struct InvokeApi {
    /// One at least.
    functions: Vec<Function>,
    address: SocketAddr,
    page: Page,
}

/// A function behind the front door.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) pool: Pool,
    /// What stands in front of a function of HTTP requests.
    pub(super) gateway: Option<HttpFrontend>,
    /// Events to begin with, by what they are called.
    pub(super) samples: Vec<(String, String)>,
}

impl InvokeApi {
    pub(super) fn new(functions: Vec<Function>, address: SocketAddr, page: Page) -> InvokeApi {
        InvokeApi { functions, address, page }
    }

    pub(super) fn functions(&self) -> &[Function] {
        &self.functions
    }

    pub(super) async fn respond(&self, request: Request<Incoming>) -> Answer {
        let is_lambda = operation::is_path(request.uri().path());
        // Most of the time nothing is refused, but the request is gone by then.
        let asked = Operation::at(request.uri().path()).map(|(_, segment)| FunctionName::read(segment, None));
        if page::is_path(request.uri().path()) {
            let answered = self.page.respond(&request.into_parts().0, &self.functions);
            return answered.unwrap_or_else(|refusal| refusal.into_answer(&self.invoke_line(&self.functions[0])));
        }
        let answered = match self.behind_gateways().next() {
            Some(_) if !is_lambda => self.pass_on(request).await,
            _ => self.invoke(request).await,
        };
        answered.unwrap_or_else(|refusal| {
            let meant = asked.and_then(|asked| self.functions.iter().find(|function| asked.means(&function.name)));
            refusal.into_answer(&self.invoke_line(meant.unwrap_or(&self.functions[0])))
        })
    }

    async fn pass_on(&self, request: Request<Incoming>) -> Result<Answer, InvokeError> {
        let (mut head, body) = request.into_parts();
        check_page(&head)?;
        let addresses: Vec<_> = self.behind_gateways().map(|(address, ..)| address).collect();
        let (at, prefix) = router::find(&addresses, head.method.as_str(), head.uri.path());
        if prefix > 0 {
            head.uri = without_prefix(head.uri, prefix);
        }
        let (_, function, gateway) = self.behind_gateways().nth(at).ok_or(InvokeError::UnknownPath)?;
        Ok(gateway.respond(&function.pool, &function.name, head, body).await)
    }

    /// The functions of HTTP requests.
    fn behind_gateways(&self) -> impl Iterator<Item = (Address<'_>, &Function, &HttpFrontend)> {
        self.functions.iter().filter_map(|function| {
            let gateway = function.gateway.as_ref()?;
            Some((Address { name: &function.name, route: gateway.route() }, function, gateway))
        })
    }

    /// What is served, and for each function a command that has it do something.
    pub(super) fn greeting(&self) -> String {
        let address = self.address;
        if let [Function { name, gateway, .. }] = &*self.functions {
            let (what, curl) = match gateway {
                Some(gateway) => (format!("call it as through {}", gateway.name()), gateway.curl(address)),
                None => ("invoke it".to_owned(), self.invoke_line(&self.functions[0])),
            };
            return format!(
                "`{name}` is served at http://{address} (ctrl-c ends it), a page to try it at /_lrt; to {what}:\n{curl}"
            );
        }
        let count = self.functions.len();
        let head = format!(
            "{count} functions are served at http://{address} (ctrl-c ends it), a page to try them at /_lrt. Each starts with its first event:"
        );
        let addresses: Vec<_> = self.behind_gateways().map(|(address, ..)| address).collect();
        let rest = self.behind_gateways().nth(router::rest(&addresses)).map(|(_, function, _)| &*function.name);
        let lines = self.functions.iter().map(|function| self.line(function, rest == Some(&function.name)));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// One of several functions. `rest` is the one of HTTP requests that has what no other takes.
    fn line(&self, function: &Function, rest: bool) -> String {
        let Function { name, kind, gateway, .. } = function;
        let Some(gateway) = gateway else { return format!("`{name}` ({kind})\n  {}", self.invoke_line(function)) };
        let own = match gateway.route() {
            Some(route) => route.to_owned(),
            None => format!("/{name}/…"),
        };
        let (rest, address) = match (rest, gateway.route()) {
            (true, _) => (", and what no other takes", self.address.to_string()),
            (false, Some(_)) => ("", self.address.to_string()),
            (false, None) => ("", format!("{}/{name}", self.address)),
        };
        format!("`{name}` (as through {}): {own}{rest}\n  {}", gateway.name(), gateway.curl(address))
    }

    /// A command that invokes the function.
    fn invoke_line(&self, function: &Function) -> String {
        operation::command(&self.address.to_string(), &function.name, function.kind, self.functions.len() > 1)
    }

    async fn invoke(&self, request: Request<Incoming>) -> Result<Answer, InvokeError> {
        let (head, body) = request.into_parts();
        check_origin(&head.headers)?;
        let (operation, function, name) = self.function(&head)?;
        let kind = InvocationType::of(&head.headers, operation)?;
        let payload = payload(kind, body).await?;
        match kind {
            InvocationType::RequestResponse => {
                let event = event(payload, &name, &head.headers)?;
                let tail = tail_wanted(&head.headers)?;
                Ok(match operation {
                    Operation::Invoke => run(function, event, tail).await,
                    Operation::InvokeWithResponseStream => event_stream::invoke(&function.pool, event, tail),
                })
            }
            InvocationType::Event => {
                let event = event(payload, &name, &head.headers)?;
                let answer = answer(202, &headers_of(&event)[1..3], "");
                function.pool.invoke_later(event);
                Ok(answer)
            }
            InvocationType::DryRun => Ok(answer(204, &[], "")),
        }
    }

    fn function(&self, head: &Parts) -> Result<(Operation, &Function, FunctionName), InvokeError> {
        let (operation, segment) = Operation::at(head.uri.path()).ok_or(InvokeError::UnknownPath)?;
        let name = FunctionName::read(segment, head.uri.query());
        if head.method != Method::POST {
            return Err(InvokeError::NotPost);
        }
        let found = match &*self.functions {
            [only] if name.is_alias() => Some(only),
            functions => functions.iter().find(|function| name.means(&function.name)),
        };
        match found {
            Some(function) => Ok((operation, function, name)),
            None => Err(InvokeError::UnknownFunction { arn: name.arn }),
        }
    }
}

/// The request's address without the first `length` bytes of its path.
fn without_prefix(uri: Uri, length: usize) -> Uri {
    let target = uri.path_and_query().map_or("", |target| target.as_str()).get(length..).unwrap_or_default();
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = target.parse().ok();
    Uri::from_parts(parts).unwrap_or(uri)
}

async fn run(function: &Function, event: Event, tail: bool) -> Answer {
    let headers = headers_of(&event).map(|(name, value)| (name, value.to_owned()));
    let mut headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let PendingInvocation { answer: pending, report } = function.pool.invoke(event);
    let reply = pending.await;
    // Of a stream that failed, what had come before is not told: there is one payload, and it is the error.
    let failure = FunctionError::of(&reply, headers[1].1);
    if failure.is_some() {
        headers.push(("X-Amz-Function-Error", "Unhandled"));
    }
    let log = match report.await {
        Ok(report) if tail => report.tail(),
        _ => String::new(),
    };
    if tail {
        headers.push(("X-Amz-Log-Result", &log));
    }
    answer(200, &headers, failure.map_or(reply.body, |failure| failure.error))
}

/// What each answer to an invocation says.
fn headers_of(event: &Event) -> [(&'static str, &str); 4] {
    let value = |name| event.header_value(name).filter(|value| value.is_ascii()).unwrap_or_default();
    [
        ("X-Amz-Executed-Version", lambda::VERSION),
        ("x-amzn-RequestId", value("Lambda-Runtime-Aws-Request-Id")),
        ("X-Amzn-Trace-Id", value("Lambda-Runtime-Trace-Id")),
        ("Content-Type", "application/json"),
    ]
}

/// `X-Amz-Log-Type`: whether the caller wants the end of the log.
fn tail_wanted(headers: &HeaderMap) -> Result<bool, InvokeError> {
    match headers.get("X-Amz-Log-Type").map(|kind| kind.as_bytes()) {
        None | Some(b"None") => Ok(false),
        Some(b"Tail") => Ok(true),
        Some(other) => Err(InvokeError::UnknownLogType(String::from_utf8_lossy(other).into_owned())),
    }
}

async fn payload(kind: InvocationType, body: Incoming) -> Result<Bytes, InvokeError> {
    let limit = match kind {
        InvocationType::RequestResponse | InvocationType::DryRun => lambda::MAX_PAYLOAD_BYTES,
        InvocationType::Event => MAX_ASYNC_PAYLOAD_BYTES,
    };
    let (payload, size) = read(body, limit).await.map_err(|_| InvokeError::Incomplete)?;
    if size > limit {
        return Err(InvokeError::TooLarge { size, limit, kind: kind.name() });
    }
    // As the service does it.
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    check_json(&payload).map_err(InvokeError::NotJson)?;
    Ok(payload)
}

/// Reads a body to its end but keeps no more than `limit` bytes of it; also returns its whole size in bytes.
///
/// One that is too large is read as well: most clients look at the answer only once they have sent all.
pub(super) async fn read(mut body: Incoming, limit: usize) -> hyper::Result<(Bytes, usize)> {
    let (mut kept, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            size += data.len();
            kept.extend_from_slice(&data[..data.len().min(limit - kept.len())]);
        }
    }
    Ok((kept.into(), size))
}

fn event(payload: Bytes, function: &FunctionName, headers: &HeaderMap) -> Result<Event, InvokeError> {
    let mut event = Event::new(payload).header("Lambda-Runtime-PendingInvocation-Function-Arn", &function.arn);
    if let Some(context) = headers.get("X-Amz-Client-Context") {
        event = event.header("Lambda-Runtime-Client-Context", client_context(context.as_bytes())?);
    }
    let event = HANDED_ON.iter().fold(event, |event, (theirs, lambdas)| match headers.get(*theirs) {
        Some(value) => event.header(*lambdas, String::from_utf8_lossy(value.as_bytes())),
        None => event,
    });
    Ok(event)
}

/// The JSON that the function gets to see of what the caller has sent in base64.
fn client_context(sent: &[u8]) -> Result<String, InvokeError> {
    let json = STANDARD.decode(sent).ok().filter(|_| sent.len() <= MAX_CLIENT_CONTEXT_BYTES);
    let object = json.and_then(|json| serde_json::from_slice::<serde_json::Map<_, _>>(&json).ok());
    // Written anew it has no line breaks, which a header cannot have.
    object.map(|object| serde_json::Value::from(object).to_string()).ok_or(InvokeError::ClientContext)
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let head =
        headers.iter().fold(Response::builder().status(status), |head, (name, value)| head.header(*name, *value));
    head.body(Either::Left(Full::new(body.into())))
        .expect("status and headers are written here, and request ids are UUIDs")
}
