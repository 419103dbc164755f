//! The interface between functions and the runtime: a function is initialized once, and becomes a tower service.

use crate::error::{BoxError, ErrorReport};
use crate::interrupt::DeadlineMargin;
use crate::invocation::Invocation;
use crate::reply::Reply;
use std::future::Future;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// A function as the runtime sees it: initialized once, then a service.
///
/// The builder of `lrt` implements it. Implementing it by hand is possible, but rarely needed.
///
/// ```
/// use lrt_core::{Initialized, FunctionService, Handler, Invocation, Reply, ErrorReport, service_fn};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     type State = ();
///     type Shutdown = ();
///
///     async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
///         Ok(Initialized { state: (), shutdown: () })
///     }
///
///     async fn service(&self, _: ()) -> Result<impl FunctionService, ErrorReport> {
///         let echo = |invocation: Invocation| async move { Ok(Reply::from_bytes(invocation.payload().to_vec())) };
///         Ok(service_fn(echo))
///     }
/// }
/// ```
pub trait Handler: Send + Sync + 'static {
    /// The part of the value returned by `init` that the function borrows.
    type State: Clone + Send + Sync + 'static;

    /// The shutdown work: `()` for none, or a [`ShutdownFn`].
    type Shutdown: Shutdown;

    /// True if the replies are [streams](crate::Streamed).
    const STREAMING: bool = false;

    /// Runs the cold-start work, before the first event is requested.
    ///
    /// Lambda stops an init phase after 10 seconds and repeats it within the first invocation ([init
    /// phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib)), so
    /// this may run twice, in two processes.
    fn init(&self) -> impl Future<Output = Result<Initialized<Self::State, Self::Shutdown>, ErrorReport>>;

    /// Builds the function as a tower service with its layers, once, after [`init`](Handler::init). An error fails the
    /// cold start, as an error of `init` does.
    ///
    fn service(&self, refs: Self::State) -> impl Future<Output = Result<impl FunctionService, ErrorReport>>;

    /// Returns the name of the function.
    fn name(&self) -> &str {
        "function"
    }

    /// Returns the kind of the events as in `#[lambda(…)]`: `sqs`, `s3`, `eventbridge`, `http` and so on, or `json`
    /// for any.
    fn kind(&self) -> &'static str {
        "json"
    }

    /// Returns the route of an HTTP function, such as `GET /orders/{id}`.
    fn route(&self) -> Option<&str> {
        None
    }

    /// Returns additional facts for a deployment template.
    fn deployment(&self) -> Deployment<'_> {
        Deployment::default()
    }

    /// Returns the namespace of the function's CloudWatch metrics, or `None` if it has none.
    fn metrics(&self) -> Option<&str> {
        None
    }

    /// Returns the time before the deadline at which a function that is still running is stopped.
    fn margin(&self) -> DeadlineMargin {
        DeadlineMargin::Default
    }
}

/// Facts for deployment templates and sample events, in addition to name, kind and route. The runtime does not use them.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Deployment<'a> {
    /// The path of a custom domain's mapping, which is stripped from the path of requests.
    pub base_path: Option<&'a str>,
    /// The number of records of a batch in flight, if the author set it.
    pub concurrency: Option<usize>,
    /// The event pattern of an EventBridge rule, as JSON.
    pub pattern: Option<&'a str>,
    /// The schedule that invokes the function: `rate(5 minutes)` or `cron(…)`.
    pub schedule: Option<&'a str>,
    /// The types of the parameters, as the compiler names them. A hint only.
    pub parameters: &'static str,
    /// The types of the layers, as the compiler names them. A hint only.
    pub layers: &'static str,
    /// The types of the layers around each record of a batch, as the compiler names them. A hint only.
    pub record_layers: &'static str,
    /// Decodes an event of a JSON function without calling the function.
    pub decodes: Option<fn(&[u8]) -> Result<(), ErrorReport>>,
    /// The name of the function that authorizes the requests of this one.
    pub authorizer: Option<&'a str>,
    /// Settings of an authorizer.
    pub authorizer_settings: Option<AuthorizerSettings<'a>>,
}

/// Settings of an authorizer of API Gateway.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizerSettings<'a> {
    /// Parts of a request that identify the caller, such as `header.Authorization`.
    pub identity_sources: &'a [String],
    /// The time for which API Gateway caches a decision; zero for never.
    pub cache: Duration,
    /// True if the authorizer of an HTTP API answers with an IAM policy.
    pub iam_policy: bool,
}

/// The service that the runtime calls for each event: any service of [`Invocation`]s.
///
/// On Lambda Managed Instances each worker has a clone.
pub trait FunctionService:
    Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

impl<S> FunctionService for S where
    S: Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

/// An initialized function.
#[derive(Debug)]
pub struct Initialized<S, D> {
    /// The state that the function borrows.
    pub state: S,
    /// The shutdown work.
    pub shutdown: D,
}

/// Work that runs before the process exits.
///
/// Lambda sends SIGTERM only if an extension is registered, so the runtime registers an internal one if there is
/// shutdown work.
pub trait Shutdown {
    /// True if there is work to run.
    const IS_REGISTERED: bool;

    /// Runs the work.
    fn run(self) -> impl Future<Output = ()>;
}

/// No shutdown work.
impl Shutdown for () {
    const IS_REGISTERED: bool = false;

    async fn run(self) {}
}

/// Shutdown work that is an async function.
#[derive(Clone, Copy, Debug)]
pub struct ShutdownFn<F>(pub F);

impl<F: FnOnce() -> Fut, Fut: Future<Output = ()>> Shutdown for ShutdownFn<F> {
    const IS_REGISTERED: bool = true;

    async fn run(self) {
        self.0().await;
    }
}

/// Creates a service from an async function. It is always ready.
pub fn service_fn<F>(f: F) -> ServiceFn<F> {
    ServiceFn(f)
}

/// The service that [`service_fn`] returns.
#[derive(Clone, Copy, Debug)]
pub struct ServiceFn<F>(F);

impl<F, Fut, Request, Response, Error> Service<Request> for ServiceFn<F>
where
    F: FnMut(Request) -> Fut,
    Fut: Future<Output = Result<Response, Error>>,
{
    type Response = Response;
    type Error = Error;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Fut {
        (self.0)(request)
    }
}
