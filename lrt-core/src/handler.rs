//! What the runtime runs: a function that boots once and is then a tower service of invocations.

use crate::error::{BoxError, Report};
use crate::invocation::{Invocation, Margin};
use crate::reply::Reply;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// A function as the runtime runs it: one boot, then a service.
///
/// The builder of `lrt` makes one; writing one by hand is possible, but rarely needed.
///
/// ```
/// use lrt_core::{BoxError, Boot, Handler, Invocation, Margin, Reply, Report, service_fn};
/// use tower_service::Service;
///
/// struct Echo;
///
/// impl Handler for Echo {
///     type Refs = ();
///
///     async fn boot(&self) -> Result<Boot<()>, Report> {
///         Ok(Boot::new(()))
///     }
///
///     fn service(&self, _: ()) -> impl Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Send + 'static {
///         service_fn(|invocation: Invocation| async move { Ok(Reply::from_bytes(invocation.payload().to_vec())) })
///     }
/// }
/// ```
pub trait Handler: Send + Sync + 'static {
    /// What the function borrows of the value that its init made.
    type Refs: Clone + Send + Sync + 'static;

    /// The cold-start work, done before the first event is asked for.
    ///
    /// Lambda ends an init phase after 10 seconds and runs it again within the first invocation
    /// ([init phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib)),
    /// so this may run twice, in two processes.
    fn boot(&self) -> impl Future<Output = Result<Boot<Self::Refs>, Report>>;

    /// The function itself, as the service that layers are put around.
    fn service(
        &self,
        refs: Self::Refs,
    ) -> impl Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Send + 'static;

    /// What the function is called.
    fn name(&self) -> &str {
        "function"
    }

    /// When the guard answers for a function that is still running.
    fn margin(&self) -> Margin {
        Margin::Default
    }
}

type Shutdown = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>>>;

/// What a boot leaves: what the function borrows, and what is to be done at the end.
pub struct Boot<R> {
    pub(crate) refs: R,
    pub(crate) shutdown: Option<Shutdown>,
}

impl<R> Boot<R> {
    /// A boot with nothing to do at the end.
    pub fn new(refs: R) -> Boot<R> {
        Boot { refs, shutdown: None }
    }

    /// Work for the end of the process: Lambda sends SIGTERM before it ends one that asks for it, and this does.
    pub fn on_shutdown<F>(mut self, shutdown: impl FnOnce() -> F + 'static) -> Boot<R>
    where
        F: Future<Output = ()> + 'static,
    {
        self.shutdown = Some(Box::new(|| Box::pin(shutdown())));
        self
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
