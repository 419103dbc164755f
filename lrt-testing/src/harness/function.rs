//! A function without its type, before and after its boot.

use bytes::Bytes;
use lrt_core::{BoxError, DeadlineMargin, ErrorReport, FunctionService, Handler, Invocation, RenderedError, Reply};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tower_service::Service;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, RenderedError>> + 'a>>;

type Boot = dyn Fn() -> Boxed<'static, Box<dyn AnyService>> + Send;

/// Any function.
pub(super) struct AnyFunction {
    stage: Stage,
    margin: DeadlineMargin,
    invoked: bool,
}

enum Stage {
    /// Its cold-start work is still to be done.
    Uninitialized(Box<Boot>),
    Initialized(Box<dyn AnyService>),
}

/// A service whose future is boxed.
trait AnyService: Send {
    /// What was streamed is added to `chunks`.
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
    /// A function that boots before its first event.
    pub(super) fn uninitialized(handler: impl Handler) -> AnyFunction {
        let margin = handler.margin();
        let handler = Arc::new(handler);
        let boot = move || -> Boxed<'static, _> {
            let handler = handler.clone();
            Box::pin(async move {
                let (service, _) = lrt_core::init(&*handler).await?;
                Ok(Box::new(service) as Box<dyn AnyService>)
            })
        };
        AnyFunction { stage: Stage::Uninitialized(Box::new(boot)), margin, invoked: false }
    }

    /// The same, where what it borrows is there.
    pub(super) fn initialized<H: Handler>(handler: H, refs: H::State) -> AnyFunction {
        AnyFunction::uninitialized(Lent { handler, refs })
    }

    /// Boots, unless that was done; after one that failed it is done again.
    pub(super) async fn boot(&mut self) -> Result<(), RenderedError> {
        if let Stage::Uninitialized(boot) = &self.stage {
            self.stage = Stage::Initialized(boot().await?);
        }
        Ok(())
    }

    /// Whether no event came yet.
    pub(super) fn is_first(&self) -> bool {
        !self.invoked
    }

    /// What was streamed is added to `chunks`.
    pub(super) async fn invoke(
        &mut self,
        invocation: Invocation,
        chunks: &mut Vec<Bytes>,
    ) -> Result<Reply, RenderedError> {
        let Stage::Initialized(service) = &mut self.stage else { unreachable!("an event comes after the boot") };
        self.invoked = true;
        service.invoke(invocation, self.margin, chunks).await
    }
}

/// A function that borrows what is given, in place of what its init makes.
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
