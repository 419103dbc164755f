//! Invokes a function as Lambda does.

mod function;

use super::{IntoEvent, Outcome, TestContext};
use bytes::Bytes;
use function::AnyFunction;
use lrt_core::__private::metrics::FunctionMetrics;
use lrt_core::__private::{Captured, ProvideState, WithState, capture};
use lrt_core::{Function, FunctionInfo, FunctionInstance, Handler, Invocation, capture_log};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Test harness of a function.
///
/// An event is processed as in Lambda: decoding, layers, deadline, reply, and background work of `wait_until`, which is complete
/// when [`invoke`](Harness::invoke) returns. `F` is the type that `#[lambda]` or `#[handler]` generates. For builders, use their
/// method `harness`.
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
/// // As in Lambda, an invalid event is an error of the invocation.
/// let outcome = Harness::<greet>::new().invoke("[1]").await;
/// assert_eq!(outcome.error().unwrap().error_type(), "Runtime.UnmarshalError");
/// # })
/// ```
///
/// # Init
///
/// `init` runs once per harness, before the first event. It does not run with [`with_state`](Harness::with_state). As
/// in Lambda, an error of `init` is the error of the invocation, and `init` runs again at the next invocation. To run
/// it immediately, and to panic if it fails, await the harness: `let harness = Harness::<greet>::new().await;`.
/// `shutdown` never runs.
///
/// # Time
///
/// Deadlines use tokio's clock. In a test with a paused clock (`#[tokio::test(start_paused = true)]`), a function that sleeps past
/// its deadline is stopped without any real delay.
pub struct Harness<F> {
    environment: Arc<Environment>,
    instance: Arc<FunctionInstance>,
    info: FunctionInfo,
    context: TestContext,
    function: PhantomData<fn() -> F>,
}

/// The execution environment. Invocations wait for each other, even with different contexts.
struct Environment {
    name: String,
    kind: &'static str,
    metrics: FunctionMetrics,
    function: Mutex<AnyFunction>,
}

impl Environment {
    fn instance(&self, info: FunctionInfo) -> Arc<FunctionInstance> {
        Arc::new(FunctionInstance::new(info).with_metrics(&self.metrics))
    }

    async fn handle(&self, payload: Bytes, context: &TestContext, instance: &Arc<FunctionInstance>) -> Outcome {
        let request_id = context.next_request_id();
        let mut function = self.function.lock().await;
        let mut chunks = Vec::new();
        let (answer, Captured { lines: logs, retry_delays }) = capture(async {
            let function = function.boot().await?;
            let context = context.start(&request_id, instance.clone(), &self.name, function.is_first());
            function.invoke(Invocation::new(payload, context), &mut chunks).await
        })
        .await;
        for line in &logs {
            eprintln!("{line}");
        }
        Outcome::new(answer, chunks, logs, self.metrics.take_lines(), request_id, self.kind)
            .with_retry_delays(retry_delays)
    }
}

impl<F: Function> Harness<F> {
    /// Creates a harness that runs `init` before the first event.
    #[must_use]
    pub fn new() -> Harness<F> {
        Harness::from_parts(F::handler(), None)
    }

    /// Creates a harness with this state instead of the value that `init` returns. `init` does not run.
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
        F: WithState<R>,
        R: Copy + 'static,
        S: ProvideState<R, I>,
    {
        let handler = F::handler_with_state();
        // The state lives until the test process exits, because the function borrows it as `'static`.
        let state: &'static S = Box::leak(Box::new(state));
        Harness::from_parts(handler, Some(state.provide()))
    }
}

impl<F: Function> Default for Harness<F> {
    fn default() -> Harness<F> {
        Harness::new()
    }
}

impl<H: Handler> Harness<H> {
    /// Creates a harness for a handler.
    #[must_use]
    pub fn of(handler: H) -> Harness<H> {
        Harness::from_parts(handler, None)
    }
}

impl<F> Harness<F> {
    fn from_parts<H: Handler>(handler: H, state: Option<H::State>) -> Harness<F> {
        let context = TestContext::default();
        let (name, kind) = (handler.name().to_owned(), handler.kind());
        let info = context.function(&name);
        let metrics = FunctionMetrics::captured(handler.metrics(), &info.name);
        let function = Mutex::new(AnyFunction::new(handler, state, metrics.clone()));
        let environment = Environment { name, kind, metrics, function };
        Harness {
            instance: environment.instance(info.clone()),
            environment: Arc::new(environment),
            info,
            context,
            function: PhantomData,
        }
    }

    /// Returns a harness for the same execution environment, whose invocations have this context.
    ///
    /// ```
    /// # use lrt::testing::TestContext;
    /// # async fn tenant(ctx: lrt::Context) -> Result<String, lrt::Error> { Ok(ctx.tenant_id().unwrap_or("none").to_owned()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let harness = lrt::json(tenant).harness();
    /// assert_eq!(harness.context(TestContext::new().tenant_id("blue")).invoke("").await.reply::<String>(), "blue");
    /// assert_eq!(harness.invoke("").await.reply::<String>(), "none");
    /// # }
    /// ```
    #[must_use]
    pub fn context(&self, context: TestContext) -> Harness<F> {
        let info = context.function(&self.environment.name);
        // Background work that was added too late for one invocation runs in the next invocation of the same instance.
        let instance = if info == self.info { self.instance.clone() } else { self.environment.instance(info.clone()) };
        Harness { environment: self.environment.clone(), instance, info, context, function: PhantomData }
    }

    /// Invokes the function with an event: JSON, text, bytes, a file or an [event builder](super::events); see [`IntoEvent`].
    ///
    /// Prints the function's log lines, so that they are in the output of a failed test.
    ///
    /// # Panics
    ///
    /// Panics if the event is a file that cannot be read or contains invalid JSON, or if it cannot be serialized. A
    /// panic of the function is an error in the outcome. The future's type does not depend on `E`. Otherwise, the
    /// compiler would report a type that is not an event three times.
    #[track_caller]
    pub fn invoke<E: IntoEvent>(&self, event: E) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        // Outside of the future, so that `#[track_caller]` reports the line of the test.
        match event.into_event() {
            Ok(payload) => Box::pin(self.environment.handle(payload, &self.context, &self.instance)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Awaiting a harness runs `init`.
///
/// # Panics
///
/// Panics if `init` fails.
impl<F: 'static> IntoFuture for Harness<F> {
    type Output = Harness<F>;
    type IntoFuture = Pin<Box<dyn Future<Output = Harness<F>>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            // Discards the logged line, which has the same content as the panic.
            let (booted, _) =
                capture_log(async { self.environment.function.lock().await.boot().await.map(drop) }).await;
            match booted {
                Ok(()) => self,
                Err(failure) => panic!("init failed: {}", failure.text()),
            }
        })
    }
}

/// Returns a harness for the same execution environment.
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
