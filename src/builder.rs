//! Builder of functions. `#[lambda]` expands to calls of its methods.

use crate::function::output::ErrorReply;
use crate::function::parameters::AsyncFn;
use crate::layer::{BoxLayer, BoxedService, Layers, LazyLayer, NoLayer, Stack, StaticLayer};
use lrt_core::__private::{HasRef, ProvideState, StateRefs};
use lrt_core::{DeadlineMargin, Deployment, ErrorReport, FunctionService, Handler, Initialized, Shutdown};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

/// A kind of functions: its layers and options.
pub trait FunctionKind: Send + Sync + 'static {
    /// Request of the outermost layer.
    type Request: Send + 'static;
    /// Response of the outermost layer.
    type Response: Send + 'static;
    /// Service between two layers.
    type Boxed: BoxedService<Self::Request, Self::Response>;

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
}

/// A function of the kind `Kind` with the parameters `A`, whose markers are `K`.
///
/// It is a trait of functions rather than of kinds because the compiler lists the impls of the other.
#[diagnostic::on_unimplemented(
    message = "this function does not fit its kind",
    label = "takes or returns something that the kind does not support",
    note = "the function and `init` return a `Result`; a function of an HTTP kind returns anything that implements `IntoResponse`"
)]
pub trait OfKind<Kind: FunctionKind, A, K>: Send + Sync + 'static {
    /// References that the function borrows from the state.
    type Refs: Copy + Send + Sync + 'static;

    /// Decodes an event into the function's payload, for kinds whose events are nothing but the payload.
    const DECODES: Option<DecodesEvent> = None;

    /// Turns the function into a service that handles invocations, with its layers around it.
    fn service<L: Layers<Kind::Request, Kind::Response, Kind::Boxed>>(
        &self,
        kind: &Kind,
        layers: &L,
        refs: StateRefs<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> impl Future<Output = Result<impl FunctionService, ErrorReport>>;
}

/// Decodes an event, and returns the error of a function that rejects it.
pub(crate) type DecodesEvent = fn(&[u8]) -> Result<(), ErrorReport>;

/// References that can be borrowed from the state `S`.
///
/// It is [`ProvideState`] with the state as a parameter: the compiler reports an unmet bound of the state itself without the
/// message of [`HasRef`].
pub trait BorrowedFrom<S, I>: Sized {
    /// Borrows the references, for as long as the process lives.
    fn borrowed_from(state: &'static S) -> Self;
}

impl<R, S: ProvideState<R, I>, I> BorrowedFrom<S, I> for R {
    fn borrowed_from(state: &'static S) -> R {
        state.provide()
    }
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
    /// Namespace of the metrics.
    metrics: Option<String>,
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
            metrics: None,
            args: PhantomData,
        }
    }
}

impl<Kind, F, A, S, D, L> Builder<Kind, F, A, S, D, L> {
    /// Changes the kind, or its options.
    pub(crate) fn map_kind<New>(self, change: impl FnOnce(Kind) -> New) -> Builder<New, F, A, S, D, L> {
        let Builder { kind, function, init, shutdown, layers, margin, name, metrics, args } = self;
        Builder { kind: change(kind), function, init, shutdown, layers, margin, name, metrics, args }
    }

    /// Changes the shutdown work, and everything else that borrows from the state.
    pub(crate) fn map_shutdown<New>(self, change: impl FnOnce(D) -> New) -> Builder<Kind, F, A, S, New, L> {
        let Builder { kind, function, init, shutdown, layers, margin, name, metrics, args } = self;
        Builder { kind, function, init, shutdown: change(shutdown), layers, margin, name, metrics, args }
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
        E: ErrorReply,
    {
        let Builder { kind, function, shutdown, layers, margin, name, metrics, args, .. } = self;
        let init: Init<State> = Box::new(move || {
            let future = init.call(());
            Box::pin(async move { future.await.map_err(ErrorReport::new) })
        });
        Builder { kind, function, init, shutdown, layers, margin, name, metrics, args }
    }

    /// Sets the work to do before the process exits: an `async fn(&S)` that borrows what `init` returned, or a member of
    /// it.
    ///
    /// Lambda sends SIGTERM only to processes with an extension, so this option (and no other) registers an internal
    /// one. The work has about 250 ms.
    pub fn shutdown<New, T>(self, shutdown: New) -> Builder<Kind, F, A, S, D::With<T>, L>
    where
        New: AsyncFn<(&'static T,), Output = ()>,
        T: Sync + 'static,
        D: SetShutdown,
    {
        let shutdown = WithShutdown(Arc::new(move |state| Box::pin(shutdown.call((state,)))));
        self.map_shutdown(|old| old.with_shutdown(shutdown))
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
        Kind: FunctionKind,
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
        Kind: FunctionKind,
        Make: Fn(&'static T) -> New + Send + Sync + 'static,
        T: Sync + 'static,
        New: BoxLayer<Kind::Boxed>,
    {
        self.add_layer(LazyLayer::new(make))
    }

    fn add_layer<M>(self, layer: M) -> Builder<Kind, F, A, S, D, Stack<L, M>> {
        let Builder { kind, function, init, shutdown, layers, margin, name, metrics, args } = self;
        Builder { kind, function, init, shutdown, layers: Stack::new(layers, layer), margin, name, metrics, args }
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

    /// Enables CloudWatch metrics in this namespace: those of lrt for each invocation, and the function's own.
    ///
    /// The page [`guide::metrics`](https://docs.rs/lrt/latest/lrt/guide/metrics/index.html) describes them. A namespace that
    /// CloudWatch would reject fails the cold start.
    ///
    /// ```no_run
    /// # async fn greet(name: String) -> Result<String, lrt::Error> { Ok(name) }
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(greet).metrics("Shop").run()
    /// }
    /// ```
    #[cfg(feature = "metrics")]
    pub fn metrics(self, namespace: impl Into<String>) -> Self {
        Builder { metrics: Some(namespace.into()), ..self }
    }

    /// Runs the function until Lambda ends the process. `main` does not need to do anything else.
    ///
    /// In a debug build outside Lambda, it serves the function on this machine instead, or runs the command that the
    /// command line names (see `--help`).
    pub fn run<K, R, I, DI>(self) -> ExitCode
    where
        Kind: FunctionKind,
        F: OfKind<Kind, A, K, Refs = R>,
        L: Layers<Kind::Request, Kind::Response, Kind::Boxed>,
        StateRefs<R, L::Refs>: BorrowedFrom<S, I>,
        D: ShutdownOf<S, DI>,
        A: 'static,
        S: Send + Sync + 'static,
        (K, I, DI): 'static,
    {
        crate::run::run_handler(&self.define())
    }

    /// Returns the finished function, for callers that run it themselves.
    pub fn define<K, R, I, DI>(self) -> Definition<Self, (K, I, DI)>
    where
        Kind: FunctionKind,
        F: OfKind<Kind, A, K, Refs = R>,
        L: Layers<Kind::Request, Kind::Response, Kind::Boxed>,
        StateRefs<R, L::Refs>: BorrowedFrom<S, I>,
        D: ShutdownOf<S, DI>,
        A: 'static,
        S: Send + Sync + 'static,
        (K, I, DI): 'static,
    {
        Definition { builder: self, markers: PhantomData }
    }

    /// Returns the function in a [`Harness`](crate::testing::Harness), for a test.
    #[cfg(feature = "testing")]
    pub fn harness<K, R, I, DI>(self) -> crate::testing::Harness<Definition<Self, (K, I, DI)>>
    where
        Kind: FunctionKind,
        F: OfKind<Kind, A, K, Refs = R>,
        L: Layers<Kind::Request, Kind::Response, Kind::Boxed>,
        StateRefs<R, L::Refs>: BorrowedFrom<S, I>,
        D: ShutdownOf<S, DI>,
        A: 'static,
        S: Send + Sync + 'static,
        (K, I, DI): 'static,
    {
        crate::testing::Harness::of(self.define())
    }
}

/// Returns the last segment of a function's path; a closure has no name.
fn short_name(path: &'static str) -> &'static str {
    let name = path.rsplit_once("::").map_or(path, |(_, name)| name);
    if name.contains(['{', '<', '>']) { "function" } else { name }
}

/// A finished [`Builder`]: the [`Handler`] that the runtime runs.
///
/// `K`, `I` and `DI` are inferred markers of the function's parameters, its state and its shutdown.
///
/// The methods that finish a builder repeat the bounds of this impl. If they required `Definition: Handler`, each message about a
/// function that does not fit would list the impl and the types in it. The references are a parameter `R` of these methods: the
/// compiler would report a parameter of a function twice if its error were also in `F::Refs`.
pub struct Definition<Builder, Markers> {
    builder: Builder,
    markers: PhantomData<fn() -> Markers>,
}

impl<Kind, F, A, S, D, L, K, I, DI> Handler for Definition<Builder<Kind, F, A, S, D, L>, (K, I, DI)>
where
    Kind: FunctionKind,
    F: OfKind<Kind, A, K>,
    L: Layers<Kind::Request, Kind::Response, Kind::Boxed>,
    StateRefs<F::Refs, L::Refs>: BorrowedFrom<S, I>,
    D: ShutdownOf<S, DI>,
    A: 'static,
    S: Send + Sync + 'static,
    (K, I, DI): 'static,
{
    type State = StateRefs<F::Refs, L::Refs>;

    type Shutdown = D::Shutdown;

    const STREAMING: bool = Kind::STREAMING;

    async fn init(&self) -> Result<Initialized<Self::State, D::Shutdown>, ErrorReport> {
        if let Some(namespace) = &self.builder.metrics
            && let Err(reason) = lrt_core::__private::metrics::check_namespace(namespace)
        {
            return Err(ErrorReport::new(format!("invalid namespace of metrics {namespace:?}: {reason}")));
        }
        let state = (self.builder.init)().await?;
        // The state lives as long as the process, so that the function's futures can borrow it without reference
        // counting.
        let state: &'static _ = Box::leak(Box::new(state));
        Ok(Initialized { state: Self::State::borrowed_from(state), shutdown: self.builder.shutdown.bind(state) })
    }

    async fn service(&self, refs: Self::State) -> Result<impl FunctionService, ErrorReport> {
        let Builder { kind, function, layers, margin, .. } = &self.builder;
        function.service(kind, layers, refs, *margin).await
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

    fn metrics(&self) -> Option<&str> {
        self.builder.metrics.as_deref()
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = self.builder.kind.deployment();
        deployment.decodes = F::DECODES;
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

/// A builder's shutdown work, which another [`shutdown`](Builder::shutdown) replaces.
pub trait SetShutdown {
    /// The new shutdown work, which borrows a `T`, with everything else that borrows from the state.
    type With<T: 'static>;

    /// Replaces the work.
    fn with_shutdown<T: 'static>(self, shutdown: WithShutdown<T>) -> Self::With<T>;
}

impl SetShutdown for NoShutdown {
    type With<T: 'static> = WithShutdown<T>;

    fn with_shutdown<T: 'static>(self, shutdown: WithShutdown<T>) -> WithShutdown<T> {
        shutdown
    }
}

impl<Old> SetShutdown for WithShutdown<Old> {
    type With<T: 'static> = WithShutdown<T>;

    fn with_shutdown<T: 'static>(self, shutdown: WithShutdown<T>) -> WithShutdown<T> {
        shutdown
    }
}

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
