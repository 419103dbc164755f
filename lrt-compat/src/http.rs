//! Services of lambda_http as services of `LambdaEvent`s.

use crate::compat::Compat;
use bytes::Bytes;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, IntoResponse, Request, StreamAdapter, TransformResponse};
use lambda_runtime::{Diagnostic, LambdaEvent};
use lrt::BoxError;
use std::fmt::Debug;
use std::task::{Context, Poll};
use tower_service::Service;

/// Creates a function from a service of lambda_http: from `service_fn`, an axum router, or any other tower service.
///
/// ```
/// use lambda_http::{Error, IntoResponse, Request, RequestExt, service_fn};
/// use lrt::testing::events;
///
/// async fn hello(request: Request) -> Result<impl IntoResponse, Error> {
///     let query = request.query_string_parameters();
///     Ok(format!("hello {}", query.first("name").unwrap_or("stranger")))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let harness = lrt_compat::lambda_http(service_fn(hello)).harness();
/// let response = harness.invoke(events::http_api().get("/?name=Ada")).await.http();
/// assert_eq!(response.text(), "hello Ada");
/// # }
/// ```
pub fn lambda_http<Svc>(service: Svc) -> Compat
where
    Svc: Service<Request> + Send + 'static,
    Svc::Future: Send + 'static,
    Svc::Response: IntoResponse + 'static,
    Svc::Error: Into<Diagnostic> + Debug + 'static,
{
    Compat::new("http", BufferedHttp(service))
}

/// Creates a function whose responses are streamed, as `lambda_http::run_with_streaming_response` does.
///
/// ```
/// use axum::{Router, routing::get};
/// use lrt::testing::events;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let router = Router::new().route("/", get(async || "hello"));
/// let harness = lrt_compat::lambda_http_streaming(router).harness();
/// let response = harness.invoke(events::function_url().get("/")).await.http();
/// assert_eq!((response.status(), response.text()), (200, "hello"));
/// # }
/// ```
pub fn lambda_http_streaming<Svc, B>(service: Svc) -> Compat<true>
where
    Svc: Service<Request, Response = lambda_http::Response<B>> + Send + 'static,
    Svc::Future: Send + 'static,
    Svc::Error: Into<Diagnostic> + Debug + 'static,
    B: http_body::Body + Unpin + Send + 'static,
    B::Data: Into<Bytes> + Send,
    B::Error: Into<BoxError> + Send + Debug,
{
    Compat::new("http", StreamedHttp(service))
}

/// A service of lambda_http whose responses are buffered.
///
/// lambda_http's adapter is `Send` only if the response is `Sync`, which axum's is not. So it is created for each call.
struct BufferedHttp<Svc>(Svc);

impl<Svc> Service<LambdaEvent<LambdaRequest>> for BufferedHttp<Svc>
where
    Svc: Service<Request>,
    Svc::Future: Send + 'static,
    Svc::Response: IntoResponse + 'static,
{
    type Response = <Adapter<'static, Svc::Response, Svc> as Service<LambdaEvent<LambdaRequest>>>::Response;
    type Error = Svc::Error;
    type Future = TransformResponse<'static, Svc::Response, Svc::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Svc::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaEvent<LambdaRequest>) -> Self::Future {
        Adapter::from(&mut self.0).call(event)
    }
}

/// A service of lambda_http whose responses are streamed. Its adapter is created for each call as well.
struct StreamedHttp<Svc>(Svc);

impl<Svc, B> Service<LambdaEvent<LambdaRequest>> for StreamedHttp<Svc>
where
    Svc: Service<Request, Response = lambda_http::Response<B>>,
    Svc::Future: Send + 'static,
    B: http_body::Body + Unpin + Send + 'static,
    B::Data: Into<Bytes> + Send,
    B::Error: Into<BoxError> + Send + Debug,
{
    type Response = <StreamAdapter<'static, Svc, B> as Service<LambdaEvent<LambdaRequest>>>::Response;
    type Error = Svc::Error;
    type Future = <StreamAdapter<'static, Svc, B> as Service<LambdaEvent<LambdaRequest>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Svc::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaEvent<LambdaRequest>) -> Self::Future {
        StreamAdapter::from(&mut self.0).call(event)
    }
}
