//! The current context of a thread, for code that is not passed a [`Context`].

use super::context::Context;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;

thread_local! {
    /// The context of the future that is polled on this thread, if there is one.
    static CURRENT: Cell<Option<Context>> = const { Cell::new(None) };
}

/// The context of a future, which is [entered](CurrentContext::enter) for each poll.
///
/// Entering swaps it with the context of the thread, without counting references or allocating.
pub(crate) struct CurrentContext(Option<Context>);

impl CurrentContext {
    pub(crate) fn new(context: Option<&Context>) -> CurrentContext {
        CurrentContext(context.cloned())
    }

    /// Makes this the [current](Context::current) context until the returned guard is dropped.
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        self.swap();
        Entered(self)
    }

    fn swap(&mut self) {
        self.0 = CURRENT.replace(self.0.take());
    }
}

/// Restores the previous context when it is dropped.
pub(crate) struct Entered<'a>(&'a mut CurrentContext);

/// In a destructor, so that the context is also restored if the poll panics.
impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.swap();
    }
}

impl Context {
    /// Returns the context of the invocation in which the calling code runs, or `None` outside of an invocation. Use it in
    /// code that is not passed a `Context`: helpers, clients, loggers.
    ///
    /// It is `Some` in a function and everything that it awaits, in record handlers, layers, streams of replies and
    /// [`wait_until`](Context::wait_until) work. It is `None` in `init` and `shutdown`, and in spawned tasks and
    /// threads; [`scope`](Context::scope) passes it to a task. Concurrent invocations ([Lambda Managed
    /// Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html)) each have their own
    /// context.
    ///
    /// ```
    /// use lrt_core::Context;
    ///
    /// fn log(line: &str) {
    ///     let context = Context::current();
    ///     let id = context.as_ref().map_or("-", Context::request_id);
    ///     println!("{id} {line}");
    /// }
    /// # log("");
    /// ```
    pub fn current() -> Option<Context> {
        let taken = CURRENT.try_with(Cell::take).ok()??;
        let current = taken.clone();
        CURRENT.set(Some(taken));
        Some(current)
    }

    /// Wraps a future, such as that of a task, so that this is its [current](Context::current) context wherever it is
    /// polled.
    ///
    /// ```
    /// use lrt_core::Context;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// async fn hello(ctx: Context) -> Option<Context> {
    ///     let task = tokio::spawn(ctx.scope(async { Context::current() }));
    ///     task.await.unwrap()
    /// }
    /// # let headers = lrt_core::EventHeaders { request_id: "7", ..Default::default() };
    /// # assert_eq!(hello(Context::new(&headers, Default::default(), true)).await.unwrap().request_id(), "7");
    /// # }
    /// ```
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let mut current = CurrentContext::new(Some(self));
        async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                let _entered = current.enter();
                future.as_mut().poll(cx)
            })
            .await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::EventHeaders;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn context(request_id: &str) -> Context {
        Context::new(&EventHeaders { request_id, ..EventHeaders::default() }, Default::default(), false)
    }

    fn id() -> Option<String> {
        Context::current().map(|context| context.request_id().to_owned())
    }

    #[tokio::test]
    async fn concurrent_futures_have_a_context_each() {
        let ids = |name: &'static str| {
            let within = async move {
                let before = id();
                let inner = context("inner").scope(async { (id(), tokio::task::yield_now().await, id()) }).await;
                assert_eq!((inner.0.as_deref(), inner.2.as_deref()), (Some("inner"), Some("inner")));
                tokio::task::yield_now().await;
                [before, id()]
            };
            context(name).scope(within)
        };
        let (a, b) = tokio::join!(ids("a"), ids("b"));
        assert_eq!((a, b), (["a", "a"].map(|id| Some(id.into())), ["b", "b"].map(|id| Some(id.into()))));
        assert_eq!(id(), None);
    }

    #[test]
    fn context_is_restored_after_a_panic() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let panic = || runtime.block_on(context("a").scope(async { panic!("on purpose") }));
        assert!(catch_unwind(AssertUnwindSafe(panic)).is_err());
        assert_eq!(id(), None);
    }
}
