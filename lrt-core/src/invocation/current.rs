//! Which invocation the code that runs belongs to: code that nobody hands a [`Context`] asks here.

use super::context::Context;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;

thread_local! {
    /// The context of the future that is being polled on this thread, if it is an invocation's.
    static CURRENT: Cell<Option<Context>> = const { Cell::new(None) };
}

/// What a future keeps between two polls, to be [entered](Own::enter) for each of them.
///
/// While it is polled, its context and the one around it change places: nothing is counted, and nothing allocated.
pub(crate) struct Own(Option<Context>);

impl Own {
    pub(crate) fn new(context: Option<&Context>) -> Own {
        Own(context.cloned())
    }

    /// Until what is returned is dropped, [`Context::current`] is this one.
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        self.swap();
        Entered(self)
    }

    fn swap(&mut self) {
        self.0 = CURRENT.replace(self.0.take());
    }
}

/// A poll of an invocation's future.
pub(crate) struct Entered<'a>(&'a mut Own);

/// In its destructor, so that a panic in the poll leaves the thread as it was.
impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.swap();
    }
}

impl Context {
    /// The context of the invocation that the calling code belongs to, for code that has no parameter for it: helpers,
    /// clients, loggers.
    ///
    /// It is there in a function and all that it awaits, in the handler of each record of a batch, in layers, in the
    /// stream of a reply and in [`wait_until`](Context::wait_until) work. It is `None` in init and shutdown, and in tasks
    /// and threads of their own; [`scope`](Context::scope) takes it along into a task. Invocations that run side by side
    /// ([Lambda Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html)) each have
    /// their own.
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

    /// Runs a future for which this is the [current](Context::current) context, wherever it is polled: for tasks.
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
        let mut own = Own::new(Some(self));
        async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                let _entered = own.enter();
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
    async fn futures_side_by_side_each_have_their_own() {
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
    fn a_panic_leaves_the_thread_as_it_was() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let panic = || runtime.block_on(context("a").scope(async { panic!("on purpose") }));
        assert!(catch_unwind(AssertUnwindSafe(panic)).is_err());
        assert_eq!(id(), None);
    }
}
