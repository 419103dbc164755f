//! The front door: ordinary HTTP where the function takes it (`http`), and the Lambda service's [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).

use super::http::Gateway;
use super::lambda;
use super::name::FunctionName;
use super::origin::{check_origin, check_page};
use super::refusal::Refusal;
use super::stream::Streamed;
use crate::testing::{AnswerKind, Event, RuntimeApi, json};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response};
use serde_json::json;
use std::net::SocketAddr;

/// An answer, whole or streamed.
pub(super) type Answer = Response<Either<Full<Bytes>, Streamed>>;

/// The most bytes of an event whose caller does not wait: 1 MB. Others: [`lambda::MAX_PAYLOAD_BYTES`].
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const MAX_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Headers of a request that the function gets to see, and their names in the Runtime API.
const HANDED_ON: [(&str, &str); 3] = [
    ("X-Amz-Client-Context", "Lambda-Runtime-Client-Context"),
    ("X-Amz-Tenant-Id", "Lambda-Runtime-Aws-Tenant-Id"),
    ("X-Amzn-Trace-Id", "Lambda-Runtime-Trace-Id"),
];

/// Turns requests into events, and answers into responses.
pub(super) struct Front {
    pub(super) api: RuntimeApi,
    pub(super) name: String,
    pub(super) address: SocketAddr,
    /// What stands in front of a function of HTTP requests.
    pub(super) gateway: Option<Gateway>,
}

/// Where the paths of the Lambda service begin: those of Invoke and of InvokeWithResponseStream.
const LAMBDA_PATHS: [&str; 2] = ["/2015-03-31/functions/", "/2021-11-15/functions/"];

impl Front {
    pub(super) async fn respond(&self, request: Request<Incoming>) -> Answer {
        let is_lambda = LAMBDA_PATHS.iter().any(|prefix| request.uri().path().starts_with(prefix));
        let answered = match &self.gateway {
            Some(gateway) if !is_lambda => self.pass_on(gateway, request).await,
            _ => self.invoke(request).await,
        };
        answered.unwrap_or_else(|refusal| refusal.into_answer(&self.invoke_line()))
    }

    async fn pass_on(&self, gateway: &Gateway, request: Request<Incoming>) -> Result<Answer, Refusal> {
        let (head, body) = request.into_parts();
        check_page(&head)?;
        Ok(gateway.respond(&self.api, &self.name, head, body).await)
    }

    /// A command that has the function do something.
    pub(super) fn curl(&self) -> String {
        self.gateway.as_ref().map_or_else(|| self.invoke_line(), |gateway| gateway.curl(self.address))
    }

    /// A command that invokes the function.
    fn invoke_line(&self) -> String {
        format!("curl http://{}/2015-03-31/functions/{}/invocations -d '{{}}'", self.address, self.name)
    }

    async fn invoke(&self, request: Request<Incoming>) -> Result<Answer, Refusal> {
        let (head, body) = request.into_parts();
        check_origin(&head.headers)?;
        let function = self.function(&head)?;
        let kind = InvocationType::of(&head.headers)?;
        let payload = kind.payload(body).await?;
        match kind {
            InvocationType::RequestResponse => Ok(self.run(event(payload, &function, &head.headers)).await),
            InvocationType::Event => {
                // Nobody waits for its answer, but it stays queued.
                let pending = self.api.send(event(payload, &function, &head.headers));
                Ok(answer(202, &[("x-amzn-RequestId", pending.request_id())], ""))
            }
            InvocationType::DryRun => Ok(answer(204, &[], "")),
        }
    }

    fn function(&self, head: &Parts) -> Result<FunctionName, Refusal> {
        let path = head.uri.path().strip_prefix("/2015-03-31/functions/");
        let segment = path.and_then(|path| path.strip_suffix("/invocations")).filter(|name| !name.contains('/'));
        let function = FunctionName::read(segment.ok_or(Refusal::UnknownPath)?, head.uri.query());
        if head.method != Method::POST {
            return Err(Refusal::NotPost);
        }
        if !function.means(&self.name) {
            return Err(Refusal::UnknownFunction { arn: function.arn });
        }
        Ok(function)
    }

    async fn run(&self, event: Event) -> Answer {
        let pending = self.api.send(event);
        let request_id = pending.request_id().to_owned();
        let reply = pending.await;
        let headers = [
            ("Content-Type", "application/json"),
            ("x-amzn-RequestId", &*request_id),
            ("X-Amz-Executed-Version", lambda::VERSION),
            ("X-Amz-Function-Error", "Unhandled"),
        ];
        match reply.kind {
            AnswerKind::Reply => answer(200, &headers[..3], reply.body),
            AnswerKind::Error if self.api.try_init_error().is_none() => answer(200, &headers, reply.body),
            AnswerKind::Error => answer(502, &headers[..2], reply.body),
            AnswerKind::Lost => {
                let message = format!("RequestId: {request_id} Error: the function's process ended without an answer");
                let body = json!({ "errorType": "Runtime.ExitError", "errorMessage": message });
                answer(502, &headers[..2], body.to_string())
            }
        }
    }
}

/// `X-Amz-Invocation-Type`.
#[derive(Clone, Copy)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

impl InvocationType {
    fn of(headers: &HeaderMap) -> Result<InvocationType, Refusal> {
        let Some(kind) = headers.get("X-Amz-Invocation-Type") else { return Ok(InvocationType::RequestResponse) };
        match kind.as_bytes() {
            b"RequestResponse" => Ok(InvocationType::RequestResponse),
            b"Event" => Ok(InvocationType::Event),
            b"DryRun" => Ok(InvocationType::DryRun),
            other => Err(Refusal::UnknownType(String::from_utf8_lossy(other).into_owned())),
        }
    }

    async fn payload(self, body: Incoming) -> Result<Bytes, Refusal> {
        let (kind, limit) = match self {
            InvocationType::RequestResponse => ("RequestResponse", lambda::MAX_PAYLOAD_BYTES),
            InvocationType::Event => ("Event", MAX_ASYNC_PAYLOAD_BYTES),
            InvocationType::DryRun => ("DryRun", lambda::MAX_PAYLOAD_BYTES),
        };
        let (payload, size) = read(body, limit).await.map_err(|_| Refusal::Incomplete)?;
        if size > limit {
            return Err(Refusal::TooLarge { size, limit, kind });
        }
        // As the service does it.
        if payload.is_empty() {
            return Ok(Bytes::from_static(b"{}"));
        }
        json::check(&payload).map_err(Refusal::NotJson)?;
        Ok(payload)
    }
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

fn event(payload: Bytes, function: &FunctionName, headers: &HeaderMap) -> Event {
    let event = Event::new(payload).header("Lambda-Runtime-Invoked-Function-Arn", &function.arn);
    HANDED_ON.iter().fold(event, |event, (theirs, lambdas)| match headers.get(*theirs) {
        Some(value) => event.header(*lambdas, String::from_utf8_lossy(value.as_bytes())),
        None => event,
    })
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let head =
        headers.iter().fold(Response::builder().status(status), |head, (name, value)| head.header(*name, *value));
    head.body(Either::Left(Full::new(body.into())))
        .expect("status and headers are written here, and request ids are UUIDs")
}
