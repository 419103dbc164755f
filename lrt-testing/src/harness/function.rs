//! Type-erased function, before and after its initialization.

use bytes::Bytes;
use lrt_core::__private::metrics::FunctionMetrics;
use lrt_core::{
    DeadlineMargin, ErrorReport, FunctionService, Handler, Initialized, Invocation, RenderedError, Reply, SharedService,
};
use std::future::Future;
use std::pin::Pin;

type Service = SharedService<Invocation, Reply>;

/// A function whose type is erased: a test program contains the code that invokes functions once, and not once for each
/// of its functions.
pub(super) struct AnyFunction {
    handler: AnyHandler,
    margin: DeadlineMargin,
    metrics: FunctionMetrics,
    /// `None` if `init` has not run yet, or has failed.
    running: Option<RunningFunction>,
}

impl AnyFunction {
    /// Returns a function that runs `init` before its first event, unless it has a state already.
    pub(super) fn new<H: Handler>(handler: H, state: Option<H::State>, metrics: FunctionMetrics) -> AnyFunction {
        let margin = handler.margin();
        AnyFunction { handler: AnyHandler(Box::new(Start { handler, state })), margin, metrics, running: None }
    }

    /// Returns the running function. Runs `init` first, unless it has succeeded before.
    pub(super) async fn boot(&mut self) -> Result<&mut RunningFunction, RenderedError> {
        match &mut self.running {
            Some(running) => Ok(running),
            none => {
                let (_, Initialized { state: service, .. }) = self.metrics.init(lrt_core::init(&self.handler)).await?;
                Ok(none.insert(RunningFunction { service, margin: self.margin, invoked: false }))
            }
        }
    }
}

/// A function after its initialization.
pub(super) struct RunningFunction {
    service: Service,
    margin: DeadlineMargin,
    invoked: bool,
}

impl RunningFunction {
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
        lrt_core::invoke(&mut self.service, invocation, self.margin, &mut |chunk| chunks.push(chunk)).await
    }
}

/// A handler whose state is the finished service of a function.
struct AnyHandler(Box<dyn ErasedStart>);

impl Handler for AnyHandler {
    type State = Service;
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<Service, ()>, ErrorReport> {
        Ok(Initialized { state: self.0.start().await?, shutdown: () })
    }

    async fn service(&self, service: Service) -> Result<impl FunctionService, ErrorReport> {
        Ok(service)
    }
}

trait ErasedStart: Send + Sync {
    fn start(&self) -> Pin<Box<dyn Future<Output = Result<Service, ErrorReport>> + '_>>;
}

/// Starts a function, with a state that takes the place of the one that `init` returns.
struct Start<H: Handler> {
    handler: H,
    state: Option<H::State>,
}

impl<H: Handler> ErasedStart for Start<H> {
    fn start(&self) -> Pin<Box<dyn Future<Output = Result<Service, ErrorReport>> + '_>> {
        Box::pin(async {
            let state = match &self.state {
                Some(state) => state.clone(),
                None => self.handler.init().await?.state,
            };
            Ok(SharedService::new(self.handler.service(state).await?))
        })
    }
}
