//! Type-erased function, before and after its initialization.

use bytes::Bytes;
use lrt_core::__private::metrics::FunctionMetrics;
use lrt_core::{
    DeadlineMargin, ErrorReport, FunctionService, Handler, Initialized, Invocation, RenderedError, Reply, SharedService,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Service = SharedService<Invocation, Reply>;

type Starting = Pin<Box<dyn Future<Output = Result<Service, ErrorReport>>>>;

/// A function whose type is erased: a test program contains the code that invokes functions once, and not once for each
/// of its functions.
pub(super) struct AnyFunction {
    handler: AnyHandler,
    margin: DeadlineMargin,
    metrics: FunctionMetrics,
    /// `None` if `init` has not run yet, or has failed.
    service: Option<Service>,
    invoked: bool,
}

impl AnyFunction {
    /// Returns a function that runs `init` before its first event.
    pub(super) fn uninitialized(handler: impl Handler, metrics: FunctionMetrics) -> AnyFunction {
        let margin = handler.margin();
        let handler = Arc::new(handler);
        AnyFunction::new(margin, metrics, move || {
            let handler = handler.clone();
            Box::pin(async move {
                let Initialized { state, .. } = handler.init().await?;
                Ok(SharedService::new(handler.service(state).await?))
            })
        })
    }

    /// Returns a function that borrows this state.
    pub(super) fn initialized<H: Handler>(handler: H, refs: H::State, metrics: FunctionMetrics) -> AnyFunction {
        let margin = handler.margin();
        let handler = Arc::new(handler);
        AnyFunction::new(margin, metrics, move || {
            let (handler, refs) = (handler.clone(), refs.clone());
            Box::pin(async move { Ok(SharedService::new(handler.service(refs).await?)) })
        })
    }

    fn new(
        margin: DeadlineMargin,
        metrics: FunctionMetrics,
        start: impl Fn() -> Starting + Send + Sync + 'static,
    ) -> AnyFunction {
        AnyFunction { handler: AnyHandler(Box::new(start)), margin, metrics, service: None, invoked: false }
    }

    /// Returns the service. Runs `init` first, unless it has succeeded before.
    pub(super) async fn boot(&mut self) -> Result<&mut Service, RenderedError> {
        match &mut self.service {
            Some(service) => Ok(service),
            none => {
                let (_, Initialized { state, .. }) = self.metrics.init(lrt_core::init(&self.handler)).await?;
                Ok(none.insert(state))
            }
        }
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
        self.invoked = true;
        let margin = self.margin;
        let service = self.boot().await?;
        lrt_core::invoke(service, invocation, margin, &mut |chunk| chunks.push(chunk)).await
    }
}

/// A handler whose state is the finished service of a function.
struct AnyHandler(Box<dyn Fn() -> Starting + Send + Sync>);

impl Handler for AnyHandler {
    type State = Service;
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<Service, ()>, ErrorReport> {
        Ok(Initialized { state: (self.0)().await?, shutdown: () })
    }

    async fn service(&self, service: Service) -> Result<impl FunctionService, ErrorReport> {
        Ok(service)
    }
}
