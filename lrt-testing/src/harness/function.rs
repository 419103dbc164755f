//! Type-erased function, before and after its initialization.

use bytes::Bytes;
use lrt_core::__private::metrics::FunctionMetrics;
use lrt_core::{BoxError, DeadlineMargin, ErrorReport, FunctionService, Handler, Invocation, RenderedError, Reply};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tower_service::Service;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, RenderedError>> + 'a>>;

type Boot = dyn Fn() -> Boxed<'static, Box<dyn AnyService>> + Send;

/// A function whose type is erased.
pub(super) struct AnyFunction {
    stage: Stage,
    margin: DeadlineMargin,
    invoked: bool,
}

enum Stage {
    /// `init` has not run yet, or has failed.
    Uninitialized(Box<Boot>),
    Initialized(Box<dyn AnyService>),
}

/// A service with a boxed future.
trait AnyService: Send {
    /// Invokes the function, and appends the chunks of a streamed reply to `chunks`.
    fn invoke<'a>(
        &'a mut self,
        invocation: Invocation,
        margin: DeadlineMargin,
        chunks: &'a mut Vec<Bytes>,
    ) -> Boxed<'a, Reply>;
}

impl<S: Service<Invocation, Response = Reply, Error = BoxError> + Send> AnyService for S {
    fn invoke<'a>(
        &'a mut self,
        invocation: Invocation,
        margin: DeadlineMargin,
        chunks: &'a mut Vec<Bytes>,
    ) -> Boxed<'a, Reply> {
        Box::pin(async move { lrt_core::invoke(self, invocation, margin, &mut |chunk| chunks.push(chunk)).await })
    }
}

impl AnyFunction {
    /// Returns a function that runs `init` before its first event.
    pub(super) fn uninitialized(handler: impl Handler, metrics: FunctionMetrics) -> AnyFunction {
        let margin = handler.margin();
        let handler = Arc::new(handler);
        let boot = move || -> Boxed<'static, _> {
            let (handler, metrics) = (handler.clone(), metrics.clone());
            Box::pin(async move {
                let (service, _) = metrics.init(lrt_core::init(&*handler)).await?;
                Ok(Box::new(service) as Box<dyn AnyService>)
            })
        };
        AnyFunction { stage: Stage::Uninitialized(Box::new(boot)), margin, invoked: false }
    }

    /// Returns a function that borrows this state.
    pub(super) fn initialized<H: Handler>(handler: H, refs: H::State, metrics: FunctionMetrics) -> AnyFunction {
        AnyFunction::uninitialized(Lent { handler, refs }, metrics)
    }

    /// Runs `init`, unless it has succeeded before.
    pub(super) async fn boot(&mut self) -> Result<(), RenderedError> {
        if let Stage::Uninitialized(boot) = &self.stage {
            self.stage = Stage::Initialized(boot().await?);
        }
        Ok(())
    }

    /// Returns true if the function has not been invoked yet.
    pub(super) fn is_first(&self) -> bool {
        !self.invoked
    }

    /// Invokes the function, and appends the chunks of a streamed reply to `chunks`.
    pub(super) async fn invoke(
        &mut self,
        invocation: Invocation,
        chunks: &mut Vec<Bytes>,
    ) -> Result<Reply, RenderedError> {
        let Stage::Initialized(service) = &mut self.stage else { unreachable!("`boot` succeeded before") };
        self.invoked = true;
        service.invoke(invocation, self.margin, chunks).await
    }
}

/// A function that borrows this state instead of the value that its `init` returns.
struct Lent<H: Handler> {
    handler: H,
    refs: H::State,
}

impl<H: Handler> Handler for Lent<H> {
    type State = H::State;
    type Shutdown = ();

    async fn init(&self) -> Result<lrt_core::Initialized<H::State, ()>, ErrorReport> {
        Ok(lrt_core::Initialized { state: self.refs.clone(), shutdown: () })
    }

    fn service(&self, refs: H::State) -> impl Future<Output = Result<impl FunctionService, ErrorReport>> {
        self.handler.service(refs)
    }

    fn margin(&self) -> DeadlineMargin {
        self.handler.margin()
    }
}
