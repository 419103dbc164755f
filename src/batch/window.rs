//! Tumbling windows: the state that a stream function keeps from one batch of a window to the next.
//!
//! See [tumbling windows of Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html) and [of
//! DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html).

use super::args::{CallInput, FullBatch, OneRecord};
use super::dynamodb::DynamoDb;
use super::event::{BatchEvent, RawRecord};
use super::kind::Records;
use super::kinesis::Kinesis;
use super::payload::{DecodeError, json_error, unmarshal};
use super::window_state::{Erased, WindowEvent, WindowState};
use crate::builder::{BorrowedFrom, Builder, SetShutdown, ShutdownOf, WithShutdown};
use crate::function::output::ErrorReply;
use crate::function::parameters::{Args, AsyncFn, Extract, Input, Needs, ViaContext};
use lrt_core::__private::json::{find_field, find_text};
use lrt_core::{BoxError, Context, ErrorReport};
use std::borrow::Cow;
use std::fmt;
use std::future::{Future, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

/// The state of a tumbling window, as a parameter of a DynamoDB or Kinesis function.
///
/// Lambda keeps the state from one batch of a window and shard to the next, up to 1 MB as JSON. At the beginning of a window it is
/// `S::default()`. At the end of a window, the function of [`window_end`](Builder::window_end) gets the state.
///
/// ```
/// use lrt::Error;
/// use lrt::batch::Window;
/// use lrt::testing::events;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// struct Totals { count: u32, sum: f64 }
///
/// async fn add(celsius: f64, window: Window<Totals>) -> Result<(), Error> {
///     window.update(|totals| {
///         totals.count += 1;
///         totals.sum += celsius;
///     });
///     Ok(())
/// }
///
/// async fn publish(window: Window<Totals>) -> Result<(), Error> {
///     let totals = window.read();
///     println!("average: {}", totals.sum / f64::from(totals.count));
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let harness = lrt::kinesis(add).window_end(publish).harness();
/// let event = events::kinesis().json(&20.5).json(&21.5).window(&Totals { count: 1, sum: 21.0 });
/// let reply: serde_json::Value = harness.invoke(event).await.reply();
/// assert_eq!(reply["state"], serde_json::json!({"count": 3, "sum": 63.0}));
/// # }
/// ```
///
/// The records of a window run one at a time, in their order. If one fails, the state is that before the failed record, from which
/// Lambda continues: no record contributes twice. A function that takes a [`Batch`](super::Batch) sets the state itself; it should not
/// include records after the first failed one.
///
/// If the state does not decode into `S`, such as that of an earlier version of the function, the invocation fails, and Lambda
/// repeats it. So new fields of `S` need `#[serde(default)]`.
///
/// All handles of an invocation share the state.
pub struct Window<S> {
    window: Arc<WindowEvent>,
    state: PhantomData<fn() -> S>,
}

impl<S: WindowState> Window<S> {
    /// Returns the state.
    pub fn read(&self) -> Arc<S> {
        let state = self.window.lock().state.clone();
        let state = state.and_then(|state| state.value.downcast().ok());
        state.expect("a `Window` is created after its state was decoded")
    }

    /// Replaces the state.
    pub fn set(&self, state: S) {
        self.window.lock().state = Some(Erased::new(Arc::new(state)));
    }

    /// Changes the state. `change` must not use the window itself.
    pub fn update(&self, change: impl FnOnce(&mut S))
    where
        S: Clone,
    {
        let mut state = self.read();
        change(Arc::make_mut(&mut state));
        self.window.lock().state = Some(Erased::new(state));
    }

    /// Returns true if this is the last invocation for the window. After it, Lambda deletes the state.
    pub fn is_final(&self) -> bool {
        self.window.is_final
    }

    /// Returns true if Lambda ends the window before its time because the state is larger than 1 MB. The next invocation continues
    /// the same window with a new state.
    pub fn is_terminated_early(&self) -> bool {
        find_field(self.window.event(), "isWindowTerminatedEarly") == Some("true")
    }

    /// Returns the start of the window in RFC 3339: `2026-01-01T00:00:00Z`; empty if the event does not have it.
    pub fn start(&self) -> String {
        self.time("start")
    }

    /// Returns the end of the window in RFC 3339: `2026-01-01T00:05:00Z`; empty if the event does not have it.
    pub fn end(&self) -> String {
        self.time("end")
    }

    /// Returns the id of the shard; empty if the event does not have it. Each shard has its own windows.
    pub fn shard_id(&self) -> String {
        find_text(self.window.event(), "shardId").map(Cow::into_owned).unwrap_or_default()
    }

    fn time(&self, name: &str) -> String {
        let window = find_field(self.window.event(), "window").unwrap_or_default();
        find_text(window, name).map(Cow::into_owned).unwrap_or_default()
    }

    /// Returns a handle of the event's window.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has no window, or if the state does not decode.
    fn of(event: &BatchEvent) -> Result<Window<S>, DecodeError> {
        let window = event.window.as_ref().ok_or_else(|| DecodeError::new(NO_WINDOW))?;
        let mut progress = window.lock();
        let state = match &progress.state {
            Some(state) => state.clone(),
            None => Erased::new(Arc::new(decode::<S>(window.json())?)),
        };
        if !state.value.is::<S>() {
            return Err(DecodeError::new("the function takes `Window`s with different states"));
        }
        progress.state = Some(state);
        drop(progress);
        Ok(Window { window: Arc::clone(window), state: PhantomData })
    }
}

impl<S> Clone for Window<S> {
    fn clone(&self) -> Window<S> {
        Window { window: Arc::clone(&self.window), state: PhantomData }
    }
}

impl<S: WindowState + fmt::Debug> fmt::Debug for Window<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Window").field(&self.read()).finish()
    }
}

pub(super) const NO_WINDOW: &str =
    "the event has no tumbling window (help: set TumblingWindowInSeconds in the event source mapping)";

/// Decodes the state. Lambda sends `{}` at the beginning of a window, also for states that are not objects.
fn decode<S: WindowState>(json: &str) -> Result<S, DecodeError> {
    if matches!(json, "" | "{}") {
        return Ok(S::default());
    }
    serde_json::from_str(json)
        .map_err(|error| json_error(json.as_bytes(), &error).with_context("invalid state of the tumbling window: "))
}

/// Sources with tumbling windows.
#[diagnostic::on_unimplemented(
    message = "only functions of `dynamodb` and `kinesis` have tumbling windows",
    label = "not a source with tumbling windows"
)]
pub trait WindowSource {}

impl WindowSource for DynamoDb {}
impl WindowSource for Kinesis {}

/// Marks a [`Window`] parameter.
#[derive(Debug)]
pub struct ViaWindow;

const NEEDS_WINDOW: Needs = Needs { window: true, ..Needs::NONE };

#[diagnostic::do_not_recommend]
impl<Source: WindowSource, S: WindowState> Extract<CallInput<Source, OneRecord>, ViaWindow> for Window<S> {
    type Ref = ();
    const NEEDS: Needs = NEEDS_WINDOW;

    fn extract(
        input: &mut CallInput<Source, OneRecord>,
        (): (),
    ) -> impl Future<Output = Result<Self, DecodeError>> + Send {
        if let Some(window) = &input.get().event.window {
            window.undo_call();
        }
        ready(Window::of(&input.get().event))
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        check::<S>(&first.event)
    }
}

#[diagnostic::do_not_recommend]
impl<Source: WindowSource, S: WindowState> Extract<CallInput<Source, FullBatch>, ViaWindow> for Window<S> {
    type Ref = ();
    const NEEDS: Needs = NEEDS_WINDOW;

    fn extract(
        input: &mut CallInput<Source, FullBatch>,
        (): (),
    ) -> impl Future<Output = Result<Self, DecodeError>> + Send {
        ready(Window::of(&input.get().event))
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        check::<S>(&first.event)
    }
}

/// Decodes the state, so that an error fails the invocation rather than a record.
fn check<S: WindowState>(event: &BatchEvent) -> Result<(), ErrorReport> {
    Window::<S>::of(event).map(drop).map_err(unmarshal)
}

/// Input of the function that is called at the end of a window.
pub struct WindowEndInput(Arc<BatchEvent>);

impl Input for WindowEndInput {
    type Rejection = DecodeError;
    type Sample = ();
}

#[diagnostic::do_not_recommend]
impl<S: WindowState> Extract<WindowEndInput, ViaWindow> for Window<S> {
    type Ref = ();

    fn extract(input: &mut WindowEndInput, (): ()) -> impl Future<Output = Result<Self, DecodeError>> + Send {
        ready(Window::of(&input.0))
    }
}

#[diagnostic::do_not_recommend]
impl Extract<WindowEndInput, ViaContext> for Context {
    type Ref = ();

    fn extract(input: &mut WindowEndInput, (): ()) -> impl Future<Output = Result<Context, DecodeError>> + Send {
        ready(Ok(input.0.context.clone()))
    }
}

/// The value that a function for the end of a window returns: `()`, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from the function of `window_end`",
    note = "it returns `()` or `Result<(), E>`"
)]
pub trait WindowEndReply {
    /// Returns the value as a `Result`.
    ///
    /// # Errors
    ///
    /// Returns the error of the function.
    fn into_result(self) -> Result<(), ErrorReport>;
}

impl WindowEndReply for () {
    fn into_result(self) -> Result<(), ErrorReport> {
        Ok(())
    }
}

impl<E: ErrorReply> WindowEndReply for Result<(), E> {
    fn into_result(self) -> Result<(), ErrorReport> {
        self.map_err(ErrorReport::new)
    }
}

/// A function that can be called at the end of a window. `K` are inferred markers of its parameters `A`, and `Refs` the references
/// that it borrows from the state.
///
/// It is a trait of functions, with the references as a parameter, because the compiler would list the impls of [`Args`].
#[diagnostic::on_unimplemented(
    message = "this function cannot be called at the end of a window",
    label = "takes a parameter that the end of a window does not have",
    note = "its parameters are the same `Window<S>` as for the records, the `lrt::Context`, and `&T`s of what `init` returns"
)]
pub trait WindowEndFunction<A, K, Refs>: AsyncFn<A> {
    /// Extracts the parameters, and calls the function.
    fn call_with(
        &self,
        input: WindowEndInput,
        refs: Refs,
    ) -> impl Future<Output = Result<Self::Output, DecodeError>> + Send + 'static;
}

#[diagnostic::do_not_recommend]
impl<F, A, K, Refs> WindowEndFunction<A, K, Refs> for F
where
    F: AsyncFn<A>,
    A: Args<WindowEndInput, K, Refs = Refs>,
    Refs: Copy + Send + Sync + 'static,
{
    fn call_with(
        &self,
        mut input: WindowEndInput,
        refs: Refs,
    ) -> impl Future<Output = Result<F::Output, DecodeError>> + Send + 'static {
        let function = self.clone();
        async move { Ok(function.call(A::extract(&mut input, refs).await?).await) }
    }
}

/// The function that is called at the end of a window. Its type is not part of the builder's type.
pub(crate) trait WindowEnd: Send + Sync {
    /// Calls the function.
    fn call(&self, event: Arc<BatchEvent>) -> WindowEndFuture;
}

pub(crate) type WindowEndFuture = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// A function, and the references that it borrows. They are set when `init` has returned.
struct BoundWindowEnd<F, A, K, Refs> {
    function: F,
    refs: Arc<OnceLock<Refs>>,
    markers: PhantomData<fn(A, K)>,
}

impl<F, A, K, Refs> WindowEnd for BoundWindowEnd<F, A, K, Refs>
where
    F: WindowEndFunction<A, K, Refs, Output: WindowEndReply>,
    Refs: Copy + Send + Sync,
{
    fn call(&self, event: Arc<BatchEvent>) -> WindowEndFuture {
        let refs = *self.refs.get().expect("`init` has returned before the first event");
        let called = self.function.call_with(WindowEndInput(event), refs);
        Box::pin(async move { Ok(called.await.map_err(unmarshal)?.into_result()?) })
    }
}

/// Shutdown work `D`, and a function for the end of windows that borrows `Refs` from the state.
pub struct WithWindowEnd<D, Refs> {
    shutdown: D,
    refs: Arc<OnceLock<Refs>>,
}

impl<S, D, Refs, DI, I> ShutdownOf<S, (DI, I)> for WithWindowEnd<D, Refs>
where
    D: ShutdownOf<S, DI>,
    Refs: BorrowedFrom<S, I> + Copy + Send + Sync + 'static,
{
    type Shutdown = D::Shutdown;

    fn bind(&self, state: &'static S) -> D::Shutdown {
        // The state is the same each time.
        let _ = self.refs.set(Refs::borrowed_from(state));
        self.shutdown.bind(state)
    }
}

impl<D: SetShutdown, Refs> SetShutdown for WithWindowEnd<D, Refs> {
    type With<T: 'static> = WithWindowEnd<D::With<T>, Refs>;

    fn with_shutdown<T: 'static>(self, shutdown: WithShutdown<T>) -> Self::With<T> {
        WithWindowEnd { shutdown: self.shutdown.with_shutdown(shutdown), refs: self.refs }
    }
}

impl<Source: WindowSource, R, F, A, N, D, L> Builder<Records<Source, R>, F, A, N, D, L> {
    /// Sets the function that is called at the end of a tumbling window: an `async fn` that takes the [`Window`], and if needed a
    /// [`Context`] and `&T`s of what [`init`](Builder::init) returns. It returns `()` or `Result<(), E>`.
    ///
    /// Lambda usually invokes the function for the end of a window without records. If that event has records, they are handled
    /// first. An error or a panic fails the invocation, and Lambda repeats it before it continues with the shard.
    ///
    /// ```no_run
    /// use lrt::Error;
    /// use lrt::batch::Window;
    /// # struct Db;
    /// # impl Db { async fn save(&self, end: String, count: u32) -> Result<(), Error> { Ok(()) } }
    /// # async fn connect() -> Result<Db, Error> { Ok(Db) }
    ///
    /// async fn count(_: lrt::payload::Raw, window: Window<u32>) -> Result<(), Error> {
    ///     window.update(|count| *count += 1);
    ///     Ok(())
    /// }
    ///
    /// async fn save(window: Window<u32>, db: &Db) -> Result<(), Error> {
    ///     db.save(window.end(), *window.read()).await
    /// }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::kinesis(count).init(connect).window_end(save).run()
    /// }
    /// ```
    #[allow(clippy::type_complexity)]
    pub fn window_end<New, B, K, Refs>(
        self,
        function: New,
    ) -> Builder<Records<Source, R>, F, A, N, WithWindowEnd<D, Refs>, L>
    where
        New: WindowEndFunction<B, K, Refs, Output: WindowEndReply>,
        Refs: Copy + Send + Sync + 'static,
        (B, K): 'static,
    {
        let refs = Arc::default();
        let window_end: BoundWindowEnd<New, B, K, Refs> =
            BoundWindowEnd { function, refs: Arc::clone(&refs), markers: PhantomData };
        let builder = self.map_kind(|mut kind| {
            kind.window_end = Some(Arc::new(window_end));
            kind
        });
        builder.map_shutdown(|shutdown| WithWindowEnd { shutdown, refs })
    }
}
