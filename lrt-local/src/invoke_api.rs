//! Lambda's Invoke API, and the dispatch of requests to it, to the page or to an HTTP function.

use super::browser_check::{check_http_request, check_own_request};
use super::error_response::InvokeError;
use super::event_stream;
use super::function_error::FunctionError;
use super::function_name::FunctionName;
use super::http_frontend::HttpFrontend;
use super::http_message::{HttpResponse, read, response};
use super::lambda;
use super::operation::{self, InvocationType, Operation};
use super::page::{self, Page};
use super::pool::PendingInvocation;
use super::router::{self, FunctionAddress};
use super::served_function::ServedFunction;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Either;
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Method, Request, Uri};
use lrt_testing::__private::check_json;
use lrt_testing::Event;
use std::net::SocketAddr;

/// Maximum payload of asynchronous invocations: 1 MB. The limit for other invocations is [`lambda::MAX_PAYLOAD_BYTES`].
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const MAX_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Maximum length of a client context in base64.
const MAX_CLIENT_CONTEXT_BYTES: usize = 3583;

/// Constraints of `TenantId` in [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
const TENANT_ID_PATTERN: &str = "[a-zA-Z0-9\\._:\\/=+\\-@ ]+";
const MAX_TENANT_ID_BYTES: usize = 256;

/// Responds to the HTTP requests that the local Lambda receives.
pub(super) struct InvokeApi {
    /// Not empty.
    functions: Vec<ServedFunction>,
    address: SocketAddr,
    page: Page,
}

impl InvokeApi {
    pub(super) fn new(functions: Vec<ServedFunction>, address: SocketAddr, page: Page) -> InvokeApi {
        InvokeApi { functions, address, page }
    }

    pub(super) fn functions(&self) -> &[ServedFunction] {
        &self.functions
    }

    pub(super) async fn respond(&self, request: Request<Incoming>) -> HttpResponse {
        let path = request.uri().path();
        // Errors contain the command for the function that was most likely meant.
        let requested = Operation::parse(path).and_then(|(_, segment)| self.parse_name(segment, None).ok());
        let requested = requested.and_then(|name| self.find(&name)).unwrap_or(&self.functions[0]);
        let result = if page::is_path(path) {
            self.page.respond(request, &self.functions).await
        } else if !operation::is_path(path) && self.http_functions().next().is_some() {
            self.forward(request).await
        } else {
            self.invoke(request).await
        };
        result.unwrap_or_else(|error| error.into_response(&self.invoke_command(requested)))
    }

    /// Forwards a request to the HTTP function that serves it.
    async fn forward(&self, request: Request<Incoming>) -> Result<HttpResponse, InvokeError> {
        let (mut head, body) = request.into_parts();
        check_http_request(&head)?;
        let addresses: Vec<_> = self.http_functions().map(|(address, ..)| address).collect();
        let (index, prefix) = router::find(&addresses, head.method.as_str(), head.uri.path());
        if prefix > 0 {
            head.uri = without_prefix(head.uri, prefix);
        }
        let (_, function, frontend) = self.http_functions().nth(index).ok_or(InvokeError::UnknownPath)?;
        Ok(frontend.respond(&function.pool, &function.name, head, body).await)
    }

    fn http_functions(&self) -> impl Iterator<Item = (FunctionAddress<'_>, &ServedFunction, &HttpFrontend)> {
        self.functions.iter().filter_map(|function| {
            let frontend = function.frontend.as_ref()?;
            Some((FunctionAddress { name: &function.name, route: frontend.route() }, function, frontend))
        })
    }

    /// Lists the functions, each with a command that calls it.
    pub(super) fn greeting(&self) -> String {
        let address = self.address;
        if let [function] = &*self.functions {
            let name = &function.name;
            let (action, command) = match &function.frontend {
                Some(frontend) => (format!("call it as through {}", frontend.name()), frontend.curl(address)),
                None => ("invoke it".to_owned(), self.invoke_command(function)),
            };
            return format!(
                "`{name}` is served at http://{address} (ctrl-c ends it), with a page at /_lrt; to {action}:\n{command}"
            );
        }
        let count = self.functions.len();
        let head = format!(
            "{count} functions are served at http://{address} (ctrl-c ends it), with a page at /_lrt. Each starts with its first event:"
        );
        let addresses: Vec<_> = self.http_functions().map(|(address, ..)| address).collect();
        let fallback = self.http_functions().nth(router::fallback(&addresses)).map(|(_, function, _)| &*function.name);
        let lines = self.functions.iter().map(|function| self.line(function, fallback == Some(&function.name)));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// Returns the lines for one of several functions. The fallback receives the HTTP requests that do not match
    /// another function.
    fn line(&self, function: &ServedFunction, is_fallback: bool) -> String {
        let ServedFunction { name, kind, frontend, .. } = function;
        let Some(frontend) = frontend else {
            return format!("`{name}` ({kind})\n  {}", self.invoke_command(function));
        };
        let path = match frontend.route() {
            Some(route) => route.to_owned(),
            None => format!("/{name}/…"),
        };
        let (suffix, address) = match (is_fallback, frontend.route()) {
            (true, _) => (", and all other requests", self.address.to_string()),
            (false, Some(_)) => ("", self.address.to_string()),
            (false, None) => ("", format!("{}/{name}", self.address)),
        };
        format!("`{name}` (as through {}): {path}{suffix}\n  {}", frontend.name(), frontend.curl(address))
    }

    /// Returns a command that invokes the function.
    fn invoke_command(&self, function: &ServedFunction) -> String {
        let payload = function.payload.as_deref();
        operation::command(&self.address.to_string(), &function.name, payload, self.functions.len() > 1)
    }

    async fn invoke(&self, request: Request<Incoming>) -> Result<HttpResponse, InvokeError> {
        let (head, body) = request.into_parts();
        check_own_request(&head)?;
        let (operation, segment) = Operation::parse(head.uri.path()).ok_or(InvokeError::UnknownPath)?;
        if head.method != Method::POST {
            return Err(InvokeError::MethodNotAllowed);
        }
        let name = self.parse_name(segment, head.uri.query())?;
        let Some(function) = self.find(&name) else { return Err(InvokeError::UnknownFunction { arn: name.arn }) };
        let kind = InvocationType::parse(&head.headers, operation)?;
        let payload = read_payload(kind, body).await?;
        let event = event(payload, &name, &head.headers)?;
        match kind {
            InvocationType::RequestResponse => {
                let with_log = wants_log(&head.headers)?;
                Ok(match operation {
                    Operation::Invoke => run(function, event, with_log).await,
                    Operation::InvokeWithResponseStream => event_stream::invoke(&function.pool, event, with_log)
                        .map(|body| Either::Right(Either::Right(body))),
                })
            }
            InvocationType::Event => {
                let response = response(202, &response_headers(&event)[1..3], "");
                function.pool.invoke_async(event);
                Ok(response)
            }
            InvocationType::DryRun => Ok(response(204, &[], "")),
        }
    }

    fn parse_name(&self, segment: &str, query: Option<&str>) -> Result<FunctionName, InvokeError> {
        FunctionName::parse(segment, query, |name| self.functions.iter().any(|function| function.name == name))
    }

    fn find(&self, name: &FunctionName) -> Option<&ServedFunction> {
        match &*self.functions {
            [only] if name.is_emulator_name() => Some(only),
            functions => functions.iter().find(|function| name.matches(&function.name)),
        }
    }
}

/// Removes the first `length` bytes from the path.
fn without_prefix(uri: Uri, length: usize) -> Uri {
    let target = uri.path_and_query().map_or("", |target| target.as_str()).get(length..).unwrap_or_default();
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = target.parse().ok();
    Uri::from_parts(parts).unwrap_or(uri)
}

async fn run(function: &ServedFunction, event: Event, with_log: bool) -> HttpResponse {
    let headers = response_headers(&event).map(|(name, value)| (name, value.to_owned()));
    let mut headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let PendingInvocation { answer, report } = function.pool.invoke(event);
    let answer = answer.await;
    // The response has one payload. For a stream that failed, it is the error instead of the preceding bytes.
    let error = FunctionError::from_answer(&answer, headers[1].1);
    if error.is_some() {
        headers.push(("X-Amz-Function-Error", "Unhandled"));
    }
    let log = match report.await {
        Ok(report) if with_log => report.log_tail(),
        _ => String::new(),
    };
    if with_log {
        headers.push(("X-Amz-Log-Result", &log));
    }
    response(200, &headers, error.map_or(answer.body, |error| error.body))
}

/// Returns the headers of every response to an invocation.
fn response_headers(event: &Event) -> [(&'static str, &str); 4] {
    let value = |name| event.header_value(name).unwrap_or_default();
    [
        ("X-Amz-Executed-Version", lambda::VERSION),
        ("x-amzn-RequestId", value("Lambda-Runtime-Aws-Request-Id")),
        ("X-Amzn-Trace-Id", value("Lambda-Runtime-Trace-Id")),
        ("Content-Type", "application/json"),
    ]
}

/// Parses `X-Amz-Log-Type`: returns true if the caller requests the end of the log.
fn wants_log(headers: &HeaderMap) -> Result<bool, InvokeError> {
    match headers.get("X-Amz-Log-Type").map(|kind| kind.as_bytes()) {
        None | Some(b"None") => Ok(false),
        Some(b"Tail") => Ok(true),
        Some(other) => Err(InvokeError::LogType(String::from_utf8_lossy(other).into_owned())),
    }
}

async fn read_payload(kind: InvocationType, body: Incoming) -> Result<Bytes, InvokeError> {
    let limit = match kind {
        InvocationType::RequestResponse | InvocationType::DryRun => lambda::MAX_PAYLOAD_BYTES,
        InvocationType::Event => MAX_ASYNC_PAYLOAD_BYTES,
    };
    let (payload, size) = read(body, limit).await.map_err(|_| InvokeError::IncompleteBody)?;
    if size > limit {
        return Err(InvokeError::PayloadTooLarge { size, limit, kind: kind.name() });
    }
    // As in the service.
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    check_json(&payload).map_err(InvokeError::InvalidJson)?;
    Ok(payload)
}

/// Returns the event for the function. Headers from the caller are validated, because they are sent to the function's
/// process as headers.
fn event(payload: Bytes, function: &FunctionName, headers: &HeaderMap) -> Result<Event, InvokeError> {
    let mut event = Event::new(payload).header("Lambda-Runtime-Invoked-Function-Arn", &function.arn);
    if let Some(context) = headers.get("X-Amz-Client-Context") {
        event = event.header("Lambda-Runtime-Client-Context", client_context(context.as_bytes())?);
    }
    if let Some(tenant_id) = headers.get("X-Amz-Tenant-Id") {
        let value = String::from_utf8_lossy(tenant_id.as_bytes()).into_owned();
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "._:/=+-@ ".contains(letter);
        if !(1..=MAX_TENANT_ID_BYTES).contains(&value.len()) || !value.chars().all(is_allowed) {
            return Err(InvokeError::Validation { value, member: "tenantId", pattern: TENANT_ID_PATTERN });
        }
        event = event.header("Lambda-Runtime-Aws-Tenant-Id", value);
    }
    // A trace id that is not plain text is replaced with the event's default.
    if let Some(Ok(trace_id)) = headers.get("X-Amzn-Trace-Id").map(|value| value.to_str()) {
        event = event.header("Lambda-Runtime-Trace-Id", trace_id);
    }
    Ok(event)
}

/// Decodes a client context from base64 into JSON.
fn client_context(header: &[u8]) -> Result<String, InvokeError> {
    let json = STANDARD.decode(header).ok().filter(|_| header.len() <= MAX_CLIENT_CONTEXT_BYTES);
    let object = json.and_then(|json| serde_json::from_slice::<serde_json::Map<_, _>>(&json).ok());
    // Serialized again to remove line breaks, which a header cannot contain.
    object.map(|object| serde_json::Value::from(object).to_string()).ok_or(InvokeError::ClientContext)
}
