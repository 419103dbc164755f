//! A function, and Lambda around it as far as the function can tell.

mod function;

use super::{IntoEvent, Outcome, TestContext};
use bytes::Bytes;
use function::AnyFunction;
use lrt_core::{Borrows, Function, FunctionInfo, FunctionInstance, Handler, Invocation, Provides, capture_log};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A function under test. An event takes the same way as in Lambda: decode, layers, guard, reply, and then the
/// `wait_until` work, which is done when [`invoke`](Harness::invoke) returns.
///
/// `F` is the type that `#[lambda]` or `#[handler]` writes. The builder has `harness` instead.
///
/// ```
/// use lrt::prelude::*;
/// use lrt::testing::Harness;
///
/// #[lambda]
/// async fn greet(name: String, ctx: Context) -> String {
///     format!("hello {name}, from {}", ctx.function_name())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let outcome = Harness::<greet>::new().invoke(r#""Ada""#).await;
/// assert_eq!(outcome.reply::<String>(), "hello Ada, from greet");
///
/// // An event of another kind is what it would be in Lambda: an error of this invocation.
/// let outcome = Harness::<greet>::new().invoke("[1]").await;
/// assert_eq!(outcome.error().unwrap().error_type(), "Runtime.UnmarshalError");
/// # })
/// ```
///
/// # Init
///
/// It runs before the first event, once for a harness. With [`with_state`](Harness::with_state) it does not run. One
/// that fails is the error of the invocation, and runs again at the next, as in Lambda. To have it run at once, and
/// panic if it fails, await the harness itself: `let harness = Harness::<greet>::new().await;`. `shutdown` never runs.
///
/// # Time
///
/// Deadlines are on tokio's clock. In a test that pauses it, a function that sleeps past its deadline is cut by the guard
/// and no real time passes: `#[tokio::test(start_paused = true)]`.
pub struct Harness<F> {
    environment: Arc<Environment>,
    instance: Arc<FunctionInstance>,
    info: FunctionInfo,
    context: TestContext,
    function: PhantomData<fn() -> F>,
}

/// The one execution environment, whichever context its events come with. Invocations wait for each other.
struct Environment {
    name: String,
    kind: &'static str,
    function: Mutex<AnyFunction>,
}

impl<F: Function> Harness<F> {
    /// A function whose init has not run yet.
    #[must_use]
    pub fn new() -> Harness<F> {
        let handler = F::handler();
        Harness::from_parts(handler.name().to_owned(), handler.kind(), AnyFunction::uninitialized(handler))
    }

    /// A function that borrows from `state` what it would borrow of what init returns. Init does not run.
    ///
    /// ```
    /// # use lrt::prelude::*;
    /// # use lrt::testing::Harness;
    /// trait Prices: Send + Sync {
    ///     fn of(&self, item: &str) -> u64;
    /// }
    ///
    /// struct Shop { prices: Box<dyn Prices> }
    ///
    /// #[lambda(init = open)]
    /// async fn price(item: String, shop: &Shop) -> u64 {
    ///     shop.prices.of(&item)
    /// }
    /// # async fn open() -> Shop { unreachable!() }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// struct AllCost(u64);
    /// impl Prices for AllCost {
    ///     fn of(&self, _: &str) -> u64 { self.0 }
    /// }
    ///
    /// let harness = Harness::<price>::with_state(Shop { prices: Box::new(AllCost(5)) });
    /// assert_eq!(harness.invoke(r#""tea""#).await.reply::<u64>(), 5);
    /// # })
    /// ```
    #[must_use]
    pub fn with_state<S, I, R>(state: S) -> Harness<F>
    where
        F: Borrows<R>,
        R: Copy + 'static,
        S: Provides<R, I>,
    {
        let handler = F::borrowing();
        // As in a process: it lives as long, so that the function's futures may hold on to it.
        let state: &'static S = Box::leak(Box::new(state));
        Harness::from_parts(
            handler.name().to_owned(),
            handler.kind(),
            AnyFunction::initialized(handler, state.provide()),
        )
    }
}

impl<F: Function> Default for Harness<F> {
    fn default() -> Harness<F> {
        Harness::new()
    }
}

impl<H: Handler> Harness<H> {
    /// A function that was made by hand, or by the builder's `define`.
    #[must_use]
    pub fn of(handler: H) -> Harness<H> {
        Harness::from_parts(handler.name().to_owned(), handler.kind(), AnyFunction::uninitialized(handler))
    }
}

impl<F> Harness<F> {
    fn from_parts(name: String, kind: &'static str, function: AnyFunction) -> Harness<F> {
        let context = TestContext::default();
        let info = context.function(&name);
        Harness {
            environment: Arc::new(Environment { name, kind, function: Mutex::new(function) }),
            instance: Arc::new(FunctionInstance::new(info.clone())),
            info,
            context,
            function: PhantomData,
        }
    }

    /// The same function, in the same execution environment, whose events come with this context.
    ///
    /// ```
    /// # use lrt::testing::TestContext;
    /// # async fn tenant(ctx: lrt::Context) -> String { ctx.tenant_id().unwrap_or("nobody").to_owned() }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let harness = lrt::json(tenant).harness();
    /// assert_eq!(harness.context(TestContext::new().tenant_id("blue")).invoke("").await.reply::<String>(), "blue");
    /// assert_eq!(harness.invoke("").await.reply::<String>(), "nobody");
    /// # }
    /// ```
    #[must_use]
    pub fn context(&self, context: TestContext) -> Harness<F> {
        let info = context.function(&self.environment.name);
        // What was handed to `wait_until` too late for one invocation runs in the next of the same instance.
        let instance =
            if info == self.info { self.instance.clone() } else { Arc::new(FunctionInstance::new(info.clone())) };
        Harness { environment: self.environment.clone(), instance, info, context, function: PhantomData }
    }

    /// Has the function handle an event: JSON, text, bytes, a file or what an [event builder](super::events) made; see
    /// [`IntoEvent`]. The function's log lines are printed, so that the output of a test that fails shows them.
    ///
    /// # Panics
    ///
    /// When the event is a file that cannot be read, or is no JSON. Nothing that the function does is a panic here.
    // A future of a type without the event's: with that, what is no event would be told three times.
    #[track_caller]
    pub fn invoke<E: IntoEvent>(&self, event: E) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        // Before the first poll, while the test's own line is known.
        match event.into_event() {
            Ok(payload) => Box::pin(self.handle(payload)),
            Err(why) => panic!("{why}"),
        }
    }

    async fn handle(&self, payload: Bytes) -> Outcome {
        let request_id = self.context.next_request_id();
        let mut function = self.environment.function.lock().await;
        let mut chunks = Vec::new();
        let (answer, logs) = capture_log(async {
            function.boot().await?;
            let first = function.is_first();
            let context = self.context.start(&request_id, self.instance.clone(), &self.environment.name, first);
            function.invoke(Invocation::new(payload, context), &mut chunks).await
        })
        .await;
        for line in &logs {
            eprintln!("{line}");
        }
        Outcome::new(answer, chunks, logs, request_id, self.environment.kind)
    }
}

/// Awaiting a harness runs init now.
///
/// # Panics
///
/// When init fails.
impl<F: 'static> IntoFuture for Harness<F> {
    type Output = Harness<F>;
    type IntoFuture = Pin<Box<dyn Future<Output = Harness<F>>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            // The line that is logged says what the panic says.
            let (booted, _) = capture_log(async { self.environment.function.lock().await.boot().await }).await;
            match booted {
                Ok(()) => self,
                Err(failure) => panic!("init failed: {}", failure.text()),
            }
        })
    }
}

/// The same function in the same execution environment.
impl<F> From<&Harness<F>> for Harness<F> {
    fn from(harness: &Harness<F>) -> Harness<F> {
        harness.context(harness.context.clone())
    }
}

impl<F> fmt::Debug for Harness<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("function", &self.environment.name).finish_non_exhaustive()
    }
}
