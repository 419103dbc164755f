//! What the runtime runs: a function that boots once and is then a tower service of invocations.

use crate::error::{BoxError, ErrorReport};
use crate::invocation::{DeadlineMargin, Invocation};
use crate::reply::Reply;
use std::future::Future;
use std::task::{Context, Poll};
use tower_service::Service;

/// A function as the runtime runs it: one boot, then a service.
///
/// The builder of `lrt` makes one; writing one by hand is possible, but rarely needed.
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
    /// What the function borrows of the value that its init made.
    type State: Clone + Send + Sync + 'static;

    /// What is to be done at the end of the process: `()` for nothing, or an [`ShutdownFn`].
    type Shutdown: Shutdown;

    /// Whether its replies are [streams](crate::Streamed).
    const STREAMING: bool = false;

    /// The cold-start work, done before the first event is asked for.
    ///
    /// Lambda ends an init phase after 10 seconds and runs it again within the first invocation
    /// ([init phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib)),
    /// so this may run twice, in two processes.
    fn init(&self) -> impl Future<Output = Result<Initialized<Self::State, Self::Shutdown>, ErrorReport>>;

    /// The function itself, as the service that layers are put around: built after the boot and once.
    ///
    /// An error is one of the cold start, as one of [`boot`](Handler::init).
    fn service(&self, refs: Self::State) -> impl Future<Output = Result<impl FunctionService, ErrorReport>>;

    /// What the function is called.
    fn name(&self) -> &str {
        "function"
    }

    /// What its events are, as `#[lambda(…)]` says it: `sqs`, `dynamodb`, `kinesis`, `kafka`, `http` and so on; `json` for
    /// any.
    fn kind(&self) -> &'static str {
        "json"
    }

    /// The one route that a function of HTTP requests has, such as `GET /orders/{id}`.
    fn route(&self) -> Option<&str> {
        None
    }

    /// What else a template of its deployment has to know.
    fn deployment(&self) -> Deployment<'_> {
        Deployment::default()
    }

    /// When the guard answers for a function that is still running.
    fn margin(&self) -> DeadlineMargin {
        DeadlineMargin::Default
    }
}

/// What a template of a function's deployment has to know, beside its name, its kind and its route. The runtime has no
/// use for it.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Deployment<'a> {
    /// The path of a custom domain's mapping, which is taken away from the request's.
    pub base_path: Option<&'a str>,
    /// How many records of a batch are in flight at once, where the author has said so.
    pub concurrency: Option<usize>,
    /// The types of the parameters, as the compiler names them: a hint.
    pub parameters: &'static str,
    /// The types of the layers, as the compiler names them: a hint.
    pub layers: &'static str,
}

/// The service that the runtime calls for each event: any service of [`Invocation`]s.
///
/// On Lambda Managed Instances each worker has a clone of it.
pub trait FunctionService:
    Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

impl<S> FunctionService for S where
    S: Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Clone + Send + 'static
{
}

/// What a boot leaves.
#[derive(Debug)]
pub struct Initialized<S, D> {
    /// What the function borrows.
    pub state: S,
    /// What is to be done at the end.
    pub shutdown: D,
}

/// Work for the end of the process.
///
/// Lambda sends SIGTERM before it ends a process only where an extension is registered, so an internal one is, exactly
/// where there is such work.
pub trait Shutdown {
    /// Whether there is any.
    const IS_REGISTERED: bool;

    /// Does it.
    fn run(self) -> impl Future<Output = ()>;
}

/// Nothing is to be done at the end.
impl Shutdown for () {
    const IS_REGISTERED: bool = false;

    async fn run(self) {}
}

/// An async function that is to be called at the end.
#[derive(Clone, Copy, Debug)]
pub struct ShutdownFn<F>(pub F);

impl<F: FnOnce() -> Fut, Fut: Future<Output = ()>> Shutdown for ShutdownFn<F> {
    const IS_REGISTERED: bool = true;

    async fn run(self) {
        self.0().await;
    }
}

/// A service of an async function, always ready.
pub fn service_fn<F>(f: F) -> ServiceFn<F> {
    ServiceFn(f)
}

/// The service that [`service_fn`] makes.
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
