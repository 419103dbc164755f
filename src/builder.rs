//! Builder of functions. `#[lambda]` expands to calls of its methods.

use crate::function::output::HandlerError;
use crate::function::parameters::AsyncFn;
use crate::layer::{BoxLayer, BoxedService, Layers, LazyLayer, NoLayer, Stack, StaticLayer};
use lrt_core::{DeadlineMargin, Deployment, ErrorReport, FunctionService, Handler, Initialized, Shutdown};
use lrt_core::{HasRef, ProvideState, StateRefs};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

/// A kind whose functions can have layers.
pub trait LayerTarget: Send + Sync + 'static {
    /// Request of the outermost layer.
    type Request: Send + 'static;
    /// Response of the outermost layer.
    type Response: Send + 'static;
    /// Service between two layers.
    type Boxed: BoxedService<Self::Request, Self::Response>;
}

/// A kind of functions. It turns a function `F` with the parameters `A`, whose markers are `K`, into a service that
/// handles invocations.
#[diagnostic::on_unimplemented(
    message = "this function does not fit its kind",
    label = "takes or returns something that the kind does not support",
    note = "the function and `init` return a `Result`; a function of an HTTP kind returns anything that implements `IntoResponse`"
)]
pub trait Kind<F, A, K>: LayerTarget {
    /// References that the function borrows from the state.
    type Refs: Copy + Send + Sync + 'static;

    /// True if replies are streamed.
    const STREAMING: bool = false;

    /// Name of the kind, as in `#[lambda(…)]`.
    fn name(&self) -> &'static str;

    /// Route of the function, as its author wrote it.
    fn written_route(&self) -> Option<&str> {
        None
    }

    /// Options that a deployment template of the function needs.
    fn deployment(&self) -> Deployment<'_> {
        Deployment::default()
    }

    /// Returns the margin of the outermost deadline guard, given the margin that the author set.
    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        margin
    }

    /// Turns the function into a service, with its layers around it.
    fn service<L: Layers<Self::Request, Self::Response, Self::Boxed>>(
        &self,
        function: &F,
        layers: &L,
        refs: StateRefs<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> impl Future<Output = Result<impl FunctionService, ErrorReport>>;
}

/// A function with its options. Each option of `#[lambda]` is the method with the same name; [`run`](Builder::run) runs the
/// function.
///
/// The function and its `init` return a `Result`; a function of an HTTP kind returns any type that implements
/// `IntoResponse`.
///
/// ```no_run
/// use lrt::Error;
/// use std::time::Duration;
///
/// async fn greet(name: String) -> Result<String, Error> {
///     Ok(format!("hello {name}"))
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::json(greet).deadline_margin(Duration::from_millis(500)).run()
/// }
/// ```
pub struct Builder<Kind, F, A, S = (), D = NoShutdown, L = NoLayer> {
    kind: Kind,
    function: F,
    init: Init<S>,
    shutdown: D,
    layers: L,
    margin: DeadlineMargin,
    name: String,
    args: PhantomData<fn(A)>,
}

impl<Kind, F: AsyncFn<A>, A> Builder<Kind, F, A> {
    pub(crate) fn new(kind: Kind, function: F) -> Self {
        let name = short_name(std::any::type_name::<F>()).to_owned();
        Builder {
            kind,
            function,
            init: Box::new(|| Box::pin(std::future::ready(Ok(())))),
            shutdown: NoShutdown,
            layers: NoLayer,
            margin: DeadlineMargin::default(),
            name,
            args: PhantomData,
        }
    }
}

impl<Kind, F, A, S, D, L> Builder<Kind, F, A, S, D, L> {
    /// Changes the kind, or its options.
    #[cfg(any(feature = "batch", feature = "http", feature = "streaming"))]
    pub(crate) fn map_kind<New>(self, change: impl FnOnce(Kind) -> New) -> Builder<New, F, A, S, D, L> {
        let Builder { kind, function, init, shutdown, layers, margin, name, args } = self;
        Builder { kind: change(kind), function, init, shutdown, layers, margin, name, args }
    }

    /// Sets the cold-start work: an `async fn() -> Result<S, E>` that runs once, before the first event.
    ///
    /// The function's `&T` parameters borrow the `S`, or the member of that type if `S` is a tuple. An `Err` or a panic
    /// ends the process with an init error.
    ///
    /// Lambda allows 10 seconds for `init`. If it takes longer, Lambda runs it again within the first invocation. Since
    /// `init` may run twice, it should not do anything that must happen only once.
    pub fn init<New, State, E>(self, init: New) -> Builder<Kind, F, A, State, D, L>
    where
        New: AsyncFn<(), Output = Result<State, E>>,
        State: Send + Sync + 'static,
        E: HandlerError,
    {
        let Builder { kind, function, shutdown, layers, margin, name, args, .. } = self;
        let init: Init<State> = Box::new(move || {
            let future = init.call(());
            Box::pin(async move { future.await.map_err(ErrorReport::new) })
        });
        Builder { kind, function, init, shutdown, layers, margin, name, args }
    }

    /// Sets the work to do before the process exits: an `async fn(&S)` that borrows what `init` returned, or a member of
    /// it.
    ///
    /// Lambda sends SIGTERM only to processes with an extension, so this option (and no other) registers an internal
    /// one. The work has about 250 ms.
    pub fn shutdown<New, T>(self, shutdown: New) -> Builder<Kind, F, A, S, WithShutdown<T>, L>
    where
        New: AsyncFn<(&'static T,), Output = ()>,
        T: Sync + 'static,
    {
        let Builder { kind, function, init, layers, margin, name, args, .. } = self;
        let shutdown = WithShutdown(Arc::new(move |state| Box::pin(shutdown.call((state,)))));
        Builder { kind, function, init, shutdown, layers, margin, name, args }
    }

    /// Adds a tower [`Layer`](tower_layer::Layer) around the function, inside the layers that were added before: the
    /// first layer is the outermost. The module [`layer`](crate::layer) explains how to write a layer.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use tower::retry::RetryLayer;
    /// use tower::timeout::TimeoutLayer;
    /// # #[derive(Clone)] struct Twice(bool);
    /// # impl<E> tower::retry::Policy<lrt::Invocation, lrt::Reply, E> for Twice {
    /// #     type Future = std::future::Ready<()>;
    /// #     fn retry(&mut self, _: &mut lrt::Invocation, _: &mut Result<lrt::Reply, E>) -> Option<Self::Future> { None }
    /// #     fn clone_request(&mut self, invocation: &lrt::Invocation) -> Option<lrt::Invocation> { Some(invocation.clone()) }
    /// # }
    ///
    /// # async fn greet(name: String) -> Result<String, lrt::Error> { Ok(name) }
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(greet)
    ///         .layer(RetryLayer::new(Twice(true)))
    ///         .layer(TimeoutLayer::new(Duration::from_secs(1)))
    ///         .run()
    /// }
    /// ```
    pub fn layer<New>(self, layer: New) -> Builder<Kind, F, A, S, D, Stack<L, StaticLayer<Kind::Boxed, New>>>
    where
        Kind: LayerTarget,
        New: BoxLayer<Kind::Boxed>,
    {
        self.add_layer(StaticLayer::new(layer))
    }

    /// Adds a layer that a closure builds, once, from the value that `init` returned or from a member of it.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use tower::timeout::TimeoutLayer;
    /// # use lrt::Error;
    /// # async fn greet(name: String) -> Result<String, Error> { Ok(name) }
    /// struct Settings {
    ///     timeout: Duration,
    /// }
    ///
    /// async fn settings() -> Result<Settings, Error> {
    ///     Ok(Settings { timeout: Duration::from_secs(1) })
    /// }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(greet).init(settings).layer_with(|settings: &Settings| TimeoutLayer::new(settings.timeout)).run()
    /// }
    /// ```
    #[allow(clippy::type_complexity)]
    pub fn layer_with<Make, T, New>(
        self,
        make: Make,
    ) -> Builder<Kind, F, A, S, D, Stack<L, LazyLayer<Kind::Boxed, T, New>>>
    where
        Kind: LayerTarget,
        Make: Fn(&'static T) -> New + Send + Sync + 'static,
        T: Sync + 'static,
        New: BoxLayer<Kind::Boxed>,
    {
        self.add_layer(LazyLayer::new(make))
    }

    fn add_layer<M>(self, layer: M) -> Builder<Kind, F, A, S, D, Stack<L, M>> {
        let Builder { kind, function, init, shutdown, layers, margin, name, args } = self;
        Builder { kind, function, init, shutdown, layers: Stack::new(layers, layer), margin, name, args }
    }

    /// Sets the time before the deadline at which lrt answers for a function that is still running: a
    /// [`Duration`](std::time::Duration), or [`DeadlineMargin::Off`].
    ///
    /// The guard can interrupt a function only where it awaits. Work that blocks the thread belongs on
    /// `tokio::task::spawn_blocking`, so that it does not delay the guard.
    pub fn deadline_margin(self, margin: impl Into<DeadlineMargin>) -> Self {
        Builder { margin: margin.into(), ..self }
    }

    /// Sets the name that `_HANDLER` and the local tools use. The default is the name of the Rust function.
    pub fn name(self, name: impl Into<String>) -> Self {
        Builder { name: name.into(), ..self }
    }

    /// Runs the function until Lambda ends the process. `main` does not need to do anything else.
    ///
    /// In a debug build outside Lambda, it serves the function on this machine instead, or runs the command that the
    /// command line names (see `--help`).
    pub fn run<Markers>(self) -> ExitCode
    where
        Definition<Self, Markers>: Handler,
    {
        crate::run::run_handler(&self.define())
    }

    /// Returns the finished function, for callers that run it themselves.
    pub fn define<Markers>(self) -> Definition<Self, Markers>
    where
        Definition<Self, Markers>: Handler,
    {
        Definition { builder: self, markers: PhantomData }
    }

    /// Returns the function in a [`Harness`](crate::testing::Harness), for a test.
    #[cfg(feature = "testing")]
    pub fn harness<Markers>(self) -> crate::testing::Harness<Definition<Self, Markers>>
    where
        Definition<Self, Markers>: Handler,
    {
        crate::testing::Harness::of(self.define())
    }
}

/// Returns the last segment of a function's path; a closure has no name.
fn short_name(path: &'static str) -> &'static str {
    // Compares byte by byte, since std's search for a character is 1 KB of code.
    let name = path.bytes().rposition(|byte| byte == b':').map_or(path, |colon| &path[colon + 1..]);
    if name.bytes().any(|byte| matches!(byte, b'{' | b'<' | b'>')) { "function" } else { name }
}

/// A finished [`Builder`]: the [`Handler`] that the runtime runs.
///
/// `K`, `I` and `DI` are inferred markers of the function's parameters, its state and its shutdown.
pub struct Definition<Builder, Markers> {
    builder: Builder,
    markers: PhantomData<fn() -> Markers>,
}

impl<Kd, F, A, S, D, L, K, I, DI> Handler for Definition<Builder<Kd, F, A, S, D, L>, (K, I, DI)>
where
    Kd: Kind<F, A, K>,
    F: Send + Sync + 'static,
    A: 'static,
    S: ProvideState<StateRefs<Kd::Refs, L::Refs>, I>,
    D: ShutdownOf<S, DI>,
    L: Layers<Kd::Request, Kd::Response, Kd::Boxed>,
    (K, I, DI): 'static,
{
    type State = StateRefs<Kd::Refs, L::Refs>;

    type Shutdown = D::Shutdown;

    const STREAMING: bool = Kd::STREAMING;

    async fn init(&self) -> Result<Initialized<Self::State, D::Shutdown>, ErrorReport> {
        let state = (self.builder.init)().await?;
        // The state lives as long as the process, so that the function's futures can borrow it without reference
        // counting.
        let state: &'static _ = Box::leak(Box::new(state));
        Ok(Initialized { state: state.provide(), shutdown: self.builder.shutdown.bind(state) })
    }

    async fn service(&self, refs: Self::State) -> Result<impl FunctionService, ErrorReport> {
        let Builder { kind, function, layers, margin, .. } = &self.builder;
        kind.service(function, layers, refs, *margin).await
    }

    fn margin(&self) -> DeadlineMargin {
        self.builder.kind.guard(self.builder.margin)
    }

    fn name(&self) -> &str {
        &self.builder.name
    }

    fn kind(&self) -> &'static str {
        self.builder.kind.name()
    }

    fn route(&self) -> Option<&str> {
        self.builder.kind.written_route()
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = self.builder.kind.deployment();
        deployment.parameters = std::any::type_name::<A>();
        deployment.layers = std::any::type_name::<L>();
        deployment
    }
}

/// Cold-start work of a builder, which returns the state. It is boxed, so that its type is not part of the builder's
/// type.
type Init<S> = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<S, ErrorReport>>>> + Send + Sync>;

/// A builder without [`shutdown`](Builder::shutdown).
#[derive(Clone, Copy, Debug)]
pub struct NoShutdown;

/// A builder with [`shutdown`](Builder::shutdown), which borrows a `T`.
pub struct WithShutdown<T: 'static>(Arc<ShutdownFn<T>>);

type ShutdownFn<T> = dyn Fn(&'static T) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync;

/// Shutdown work of a function whose state is an `S`.
pub trait ShutdownOf<S, I>: Send + Sync + 'static {
    /// The work, bound to the state.
    type Shutdown: Shutdown;

    /// Binds the work to the state.
    fn bind(&self, state: &'static S) -> Self::Shutdown;
}

impl<S> ShutdownOf<S, ()> for NoShutdown {
    type Shutdown = ();

    fn bind(&self, _: &'static S) {}
}

impl<S: HasRef<T, I>, T: Sync, I> ShutdownOf<S, (I,)> for WithShutdown<T> {
    type Shutdown = BoundShutdown<T>;

    fn bind(&self, state: &'static S) -> BoundShutdown<T> {
        BoundShutdown(Arc::clone(&self.0), state.get_ref())
    }
}

/// Shutdown work that is bound to the state.
pub struct BoundShutdown<T: 'static>(Arc<ShutdownFn<T>>, &'static T);

impl<T> Shutdown for BoundShutdown<T> {
    const IS_REGISTERED: bool = true;

    async fn run(self) {
        (self.0)(self.1).await;
    }
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn short_name_is_the_last_segment_of_a_path() {
        assert_eq!(short_name("orders::stock::process"), "process");
        assert_eq!(short_name("orders::main::{{closure}}"), "function");
    }
}
