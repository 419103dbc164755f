//! The HTTP client of the configuration.
//!
//! `pool` selects the connector of a request, `connector` has the connections, `roots` the certificates to verify them with,
//! `deadline` the time limits of calls, and `probe` marks calls that only open a connection. The client receives requests after
//! they are signed. All clients of an `SdkConfig` share this code, while interceptors would have to be added to each client.

mod connector;
mod deadline;
mod pool;
mod probe;
mod roots;

pub(crate) use deadline::LimitedSleep;
pub(crate) use pool::{Pool, next_frame, with_causes};
pub(crate) use probe::Probe;
pub(crate) use roots::Roots;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use deadline::{LimitedBody, OutOfTime, time_left};
use lrt_core::Context;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The header of X-Ray's trace, by which Lambda
/// [detects functions that call themselves](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).
const TRACE_HEADER: &str = "x-amzn-trace-id";

/// HTTP client with one connection pool for all clients, independent of their timeouts.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) pool: Pool,
    /// Time before the invocation's deadline at which calls end.
    pub(crate) margin: Duration,
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let read_timeout = settings.read_timeout();
        SharedHttpConnector::new(Attempts { pool: self.pool.clone(), margin: self.margin, read_timeout })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

/// Sends the attempts of a client's calls.
#[derive(Debug)]
struct Attempts {
    pool: Pool,
    margin: Duration,
    read_timeout: Option<Duration>,
}

impl HttpConnector for Attempts {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if let Some(probe) = Probe::current() {
            return self.pool.open(&request, probe);
        }
        let context = Context::current();
        if let Some(trace_id) = context.as_ref().and_then(Context::trace_id) {
            // SigV4 does not sign this header. It replaces the value that the SDK takes from the environment of the
            // process, which is the same for all concurrent invocations. An invalid value is ignored.
            _ = request.headers_mut().try_insert(TRACE_HEADER, trace_id.to_owned());
        }
        match context.map(|context| time_left(&context, self.margin)) {
            Some(left) => self.call_within(left, request),
            None => self.call_outside(request),
        }
    }
}

impl Attempts {
    /// Sends a request in an invocation.
    fn call_within(&self, left: Duration, request: HttpRequest) -> HttpConnectorFuture {
        let (margin, read_timeout) = (self.margin, self.read_timeout);
        if left.is_zero() {
            return HttpConnectorFuture::ready(Err(OutOfTime::new(margin).into()));
        }
        let (end, call) = (Instant::now() + left, self.pool.call(request));
        HttpConnectorFuture::new(async move {
            let limit = read_timeout.map_or(left, |read_timeout| read_timeout.min(left));
            match timeout(limit, call).await {
                Ok(Ok(mut response)) => {
                    let body = response.take_body();
                    *response.body_mut() = LimitedBody::wrap(body, end, margin);
                    Ok(response)
                }
                Ok(Err(error)) => Err(error),
                Err(_) if limit == left => Err(OutOfTime::new(margin).into()),
                Err(_) => Err(timed_out(limit)),
            }
        })
    }

    /// Sends a request outside of an invocation: in `init`, in a spawned task, or in another program.
    fn call_outside(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = self.pool.call(request);
        match self.read_timeout {
            None => call,
            Some(limit) => {
                HttpConnectorFuture::new(
                    async move { timeout(limit, call).await.unwrap_or_else(|_| Err(timed_out(limit))) },
                )
            }
        }
    }
}

/// Error of a client's read timeout, which the SDK retries as its own.
fn timed_out(limit: Duration) -> ConnectorError {
    ConnectorError::timeout(format!("no response within {limit:?}").into())
}
