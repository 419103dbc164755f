//! The builder: what `#[lambda]` writes, and what anyone can write.

use crate::function::args::AsyncFn;
use crate::function::output::{Fallible, InitOutput, Plain};
use crate::layer::{Between, Fixed, Inside, LayerAround, Layers, Made, NoLayer};
#[cfg(feature = "http")]
use axum_core::response::IntoResponse;
use lrt_core::{Borrowed, Has, Provides};
use lrt_core::{DeadlineMargin, Deployment, ErrorReport, FunctionService, Handler, Initialized, Shutdown};
#[cfg(feature = "http")]
use lrt_http::function::{Answered, Failing, TextError};
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::process::ExitCode;

/// What the layers of a kind's functions stand around.
pub trait Layered: Clone + Send + Sync + 'static {
    /// What its layers see first.
    type Request: Send + 'static;
    /// What its layers see last.
    type Response: Send + 'static;
    /// The service between two layers.
    type Between: Between<Self::Request, Self::Response>;
    /// The mark of a function that returns a `Result`, whose error fails the invocation, or is answered as one.
    type Fallible;
}

/// A kind whose functions return responses, and errors that may be responses.
#[cfg(feature = "http")]
pub trait Respond {}

/// What a kind makes of a function: the service of invocations. `A`, `K` and `M` are the function's parameters, their
/// kinds, and how it returns.
pub trait Kind<F, A, K, M>: Layered {
    /// What the function borrows of init's value.
    type Refs: Copy + Send + Sync + 'static;

    /// Whether its replies are streamed.
    const STREAMING: bool = false;

    /// What the kind is called.
    fn name(&self) -> &'static str;

    /// The one route that its function has, as it was written.
    fn written_route(&self) -> Option<&str> {
        None
    }

    /// What of its options a template of its deployment has to know.
    fn deployment(&self) -> Deployment<'_> {
        Deployment::default()
    }

    /// When the guard acts that stands around all, where the author gave this margin.
    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        margin
    }

    /// The function as a service, with its layers around it.
    fn service<L: Layers<Self::Request, Self::Response, Self::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> impl Future<Output = Result<impl FunctionService, ErrorReport>>;
}

/// An init that does nothing.
pub(crate) type NoInit = fn() -> std::future::Ready<Result<(), Infallible>>;

/// A function with its options. Each option of `#[lambda]` is the method of that name; [`run`](Builder::run) ends it.
///
/// ```no_run
/// use std::time::Duration;
///
/// async fn greet(name: String) -> String {
///     format!("hello {name}")
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::json(greet).deadline_margin(Duration::from_millis(500)).run()
/// }
/// ```
///
/// What ends a builder stands in several places, one for each way in which a function and its init may return: a response,
/// a `Result`, a plain value. Which of them is meant follows from the types; `run` is `run`.
pub struct Builder<Kind, F, A, N = NoInit, D = NoShutdown, L = NoLayer>(TextPlainInit<Kind, F, A, N, D, L>);

/// A builder with one more layer, `M`.
pub type WithLayer<Kind, F, A, N, D, L, M> = Builder<Kind, F, A, N, D, Inside<L, M>>;

/// The parts of a builder.
pub struct Parts<Kind, F, A, N, D, L> {
    kind: Kind,
    function: F,
    init: N,
    shutdown: D,
    layers: L,
    margin: DeadlineMargin,
    name: String,
    args: PhantomData<fn(A)>,
}

impl<Kind, F: AsyncFn<A>, A> Builder<Kind, F, A> {
    pub(crate) fn new(kind: Kind, function: F) -> Self {
        Builder::from_parts(Parts {
            kind,
            function,
            init: || std::future::ready(Ok(())),
            shutdown: NoShutdown,
            layers: NoLayer,
            margin: DeadlineMargin::default(),
            name: short_name(std::any::type_name::<F>()).to_owned(),
            args: PhantomData,
        })
    }
}

impl<Kind, F, A, N, D, L> Builder<Kind, F, A, N, D, L> {
    fn from_parts(parts: Parts<Kind, F, A, N, D, L>) -> Self {
        Builder(TextPlainInit(Responds(RespondsPlainInit(Fails(PlainInit(PlainFunction(PlainBoth(parts))))))))
    }

    fn into_parts(self) -> Parts<Kind, F, A, N, D, L> {
        self.0.0.0.0.0.0.0.0
    }

    /// The builder with another kind, or the same with other options.
    #[cfg(any(feature = "batch", feature = "http", feature = "streaming"))]
    pub(crate) fn map_kind<New>(self, change: impl FnOnce(Kind) -> New) -> Builder<New, F, A, N, D, L> {
        let Parts { kind, function, init, shutdown, layers, margin, name, args } = self.into_parts();
        let kind = change(kind);
        Builder::from_parts(Parts { kind, function, init, shutdown, layers, margin, name, args })
    }

    fn with(self, change: impl FnOnce(&mut Parts<Kind, F, A, N, D, L>)) -> Self {
        let mut parts = self.into_parts();
        change(&mut parts);
        Builder::from_parts(parts)
    }

    /// Work for the cold start: an `async fn() -> Result<S, E>` or `async fn() -> S`, run once before the first event.
    ///
    /// The function's `&T` parameters borrow the `S`, or the member of that type when `S` is a tuple. An `Err` or a
    /// panic ends the process with an init error.
    ///
    /// Lambda gives an init 10 seconds, and runs one that is slower again within the first invocation: it may run
    /// twice, so it should not do what must be done once.
    pub fn init<New: AsyncFn<()>>(self, init: New) -> Builder<Kind, F, A, New, D, L> {
        let Parts { kind, function, shutdown, layers, margin, name, args, .. } = self.into_parts();
        Builder::from_parts(Parts { kind, function, init, shutdown, layers, margin, name, args })
    }

    /// Work for the end of the process: an `async fn(&S)` that borrows what `init` returned, or a member of it.
    ///
    /// Lambda sends its signal only to processes with an extension, so this (and nothing else) registers an internal
    /// one. About 250 ms are left for it.
    pub fn shutdown<New, T>(self, shutdown: New) -> Builder<Kind, F, A, N, WithShutdown<New, T>, L>
    where
        New: AsyncFn<(&'static T,), Output = ()>,
        T: Sync + 'static,
    {
        let Parts { kind, function, init, layers, margin, name, args, .. } = self.into_parts();
        let shutdown = WithShutdown(shutdown, PhantomData);
        Builder::from_parts(Parts { kind, function, init, shutdown, layers, margin, name, args })
    }

    /// A tower [`Layer`](tower_layer::Layer) around the function and inside of the layers that were given before: the
    /// first is the outermost. [`layer`](crate::layer) tells how to write one.
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
    /// # async fn greet(name: String) -> String { name }
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(greet)
    ///         .layer(RetryLayer::new(Twice(true)))
    ///         .layer(TimeoutLayer::new(Duration::from_secs(1)))
    ///         .run()
    /// }
    /// ```
    pub fn layer<New>(self, layer: New) -> WithLayer<Kind, F, A, N, D, L, Fixed<New>>
    where
        Kind: Layered,
        New: LayerAround<Kind::Between>,
    {
        self.inside(Fixed(layer))
    }

    /// A layer that is made of what `init` returned, or of a member of it, once.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use tower::timeout::TimeoutLayer;
    /// # async fn greet(name: String) -> String { name }
    /// struct Settings {
    ///     timeout: Duration,
    /// }
    ///
    /// async fn settings() -> Settings {
    ///     Settings { timeout: Duration::from_secs(1) }
    /// }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(greet).init(settings).layer_with(|settings: &Settings| TimeoutLayer::new(settings.timeout)).run()
    /// }
    /// ```
    pub fn layer_with<Make, T, New>(self, make: Make) -> WithLayer<Kind, F, A, N, D, L, Made<Make, T, New>>
    where
        Kind: Layered,
        Make: Fn(&'static T) -> New + Send + Sync + 'static,
        T: Sync + 'static,
        New: LayerAround<Kind::Between>,
    {
        self.inside(Made::new(make))
    }

    fn inside<M>(self, layer: M) -> WithLayer<Kind, F, A, N, D, L, M> {
        let Parts { kind, function, init, shutdown, layers, margin, name, args } = self.into_parts();
        let layers = Inside::new(layers, layer);
        Builder::from_parts(Parts { kind, function, init, shutdown, layers, margin, name, args })
    }

    /// How long before the deadline the guard answers for a function that is still running:
    /// a [`Duration`](std::time::Duration), or [`DeadlineMargin::Off`].
    ///
    /// The guard acts where the function awaits. Work that blocks the thread belongs on
    /// `tokio::task::spawn_blocking`, where the guard need not wait for it.
    pub fn deadline_margin(self, margin: impl Into<DeadlineMargin>) -> Self {
        let margin = margin.into();
        self.with(|parts| parts.margin = margin)
    }

    /// What the function is called locally and by `_HANDLER`. The default is the name of the Rust function.
    pub fn name(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.with(|parts| parts.name = name)
    }
}

/// The last part of a function's path; a closure has none.
fn short_name(path: &'static str) -> &'static str {
    // Byte by byte: std's search for a character is 1 KB.
    let name = path.bytes().rposition(|byte| byte == b':').map_or(path, |colon| &path[colon + 1..]);
    if name.bytes().any(|byte| matches!(byte, b'{' | b'<' | b'>')) { "function" } else { name }
}

/// A finished builder: the [`Handler`] that the runtime runs.
///
/// The markers say how the function (`K`, `M`), its init (`NM`, `I`), its layers (`J`) and its shutdown (`DI`) are used;
/// all are inferred.
pub struct Definition<Kind, F, A, N, D, L, Markers> {
    parts: Parts<Kind, F, A, N, D, L>,
    markers: PhantomData<fn() -> Markers>,
}

impl<Kd, F, A, N, D, L, K, M, NM, I, J, DI> Handler for Definition<Kd, F, A, N, D, L, (K, M, NM, I, J, DI)>
where
    Kd: Kind<F, A, K, M>,
    F: AsyncFn<A>,
    A: 'static,
    N: AsyncFn<()>,
    N::Output: InitOutput<NM>,
    L: Layers<Kd::Request, Kd::Response, Kd::Between>,
    <N::Output as InitOutput<NM>>::State: Provides<Borrowed<Kd::Refs, L::Refs>, (I, J)>,
    D: ShutdownOf<<N::Output as InitOutput<NM>>::State, DI>,
    K: 'static,
    M: 'static,
    NM: 'static,
    I: 'static,
    J: 'static,
    DI: 'static,
{
    type State = Borrowed<Kd::Refs, L::Refs>;

    type Shutdown = D::Shutdown;

    const STREAMING: bool = Kd::STREAMING;

    async fn init(&self) -> Result<Initialized<Self::State, D::Shutdown>, ErrorReport> {
        let state = self.parts.init.call(()).await.into_state()?;
        // It lives as long as the process, so that the function's futures may hold on to it without counting.
        let state: &'static _ = Box::leak(Box::new(state));
        Ok(Initialized { state: state.provide(), shutdown: self.parts.shutdown.end(state) })
    }

    async fn service(&self, refs: Self::State) -> Result<impl FunctionService, ErrorReport> {
        let Parts { kind, function, layers, margin, .. } = &self.parts;
        kind.service(function.clone(), layers, refs, *margin).await
    }

    fn margin(&self) -> DeadlineMargin {
        self.parts.kind.guard(self.parts.margin)
    }

    fn name(&self) -> &str {
        &self.parts.name
    }

    fn kind(&self) -> &'static str {
        self.parts.kind.name()
    }

    fn route(&self) -> Option<&str> {
        self.parts.kind.written_route()
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = self.parts.kind.deployment();
        deployment.parameters = std::any::type_name::<A>();
        deployment.layers = std::any::type_name::<L>();
        deployment
    }
}

/// A builder without [`shutdown`](Builder::shutdown).
#[derive(Clone, Copy, Debug)]
pub struct NoShutdown;

/// A builder with [`shutdown`](Builder::shutdown): the function, and what it borrows.
pub struct WithShutdown<F, T>(F, PhantomData<fn(T)>);

impl<F: Clone, T> Clone for WithShutdown<F, T> {
    fn clone(&self) -> Self {
        WithShutdown(self.0.clone(), PhantomData)
    }
}

/// What is to be done at the end of a process whose init made an `S`.
pub trait ShutdownOf<S, I>: Clone + Send + Sync + 'static {
    /// That work.
    type Shutdown: Shutdown;

    /// Binds the work to init's value.
    fn end(&self, state: &'static S) -> Self::Shutdown;
}

impl<S> ShutdownOf<S, ()> for NoShutdown {
    type Shutdown = ();

    fn end(&self, _: &'static S) {}
}

impl<S, F, T, I> ShutdownOf<S, (I,)> for WithShutdown<F, T>
where
    S: Has<T, I> + Sync,
    F: AsyncFn<(&'static T,), Output = ()>,
    T: Sync + 'static,
{
    type Shutdown = BoundShutdown<F, T>;

    fn end(&self, state: &'static S) -> BoundShutdown<F, T> {
        BoundShutdown(self.0.clone(), state.lend())
    }
}

/// A shutdown that is bound to what it borrows.
pub struct BoundShutdown<F, T: 'static>(F, &'static T);

impl<F: AsyncFn<(&'static T,), Output = ()>, T> Shutdown for BoundShutdown<F, T> {
    const IS_REGISTERED: bool = true;

    async fn run(self) {
        self.0.call((self.1,)).await;
    }
}

/// What ends a builder: once for each way in which a function and its init may return.
macro_rules! ends {
    ($Tier:ident $(<$($G:ident),*>)?, $M:ty, $NM:ty, $($part:tt).+ $(, where $($bound:tt)*)?) => {
        impl<Kd, F, A, N, D, L, $($($G),*)?> $Tier<Kd, F, A, N, D, L>
        where
            Parts<Kd, F, A, N, D, L>: Clone,
            $($($bound)*)?
        {
            /// Runs the function until Lambda ends the process: all that `main` has to do.
            ///
            /// In a debug build without Lambda around, serves the function on this machine instead, or does what the
            /// command line says (`--help` tells).
            pub fn run<K, I, J, DI>(&self) -> ExitCode
            where
                Definition<Kd, F, A, N, D, L, (K, $M, $NM, I, J, DI)>: Handler,
            {
                crate::run::run_handler(&self.define::<K, I, J, DI>())
            }

            /// The finished function, for those who run it themselves.
            pub fn define<K, I, J, DI>(&self) -> Definition<Kd, F, A, N, D, L, (K, $M, $NM, I, J, DI)>
            where
                Definition<Kd, F, A, N, D, L, (K, $M, $NM, I, J, DI)>: Handler,
            {
                Definition { parts: self.$($part).+.clone(), markers: PhantomData }
            }

            /// The function for a test: [`Harness`](crate::testing::Harness).
            #[cfg(feature = "testing")]
            pub fn harness<K, I, J, DI>(
                &self,
            ) -> lrt_testing::Harness<Definition<Kd, F, A, N, D, L, (K, $M, $NM, I, J, DI)>>
            where
                Definition<Kd, F, A, N, D, L, (K, $M, $NM, I, J, DI)>: Handler,
            {
                lrt_testing::Harness::of(self.define::<K, I, J, DI>())
            }
        }
    };
}

#[cfg(feature = "http")]
ends!(Builder<T, E, S, IE>, Failing, Fallible, 0.0.0.0.0.0.0.0,
    where Kd: Respond, F: AsyncFn<A, Output = Result<T, E>>, E: TextError, N: AsyncFn<(), Output = Result<S, IE>>);
#[cfg(feature = "http")]
ends!(TextPlainInit<T, E>, Failing, Plain, 0.0.0.0.0.0.0,
    where Kd: Respond, F: AsyncFn<A, Output = Result<T, E>>, E: TextError);
#[cfg(feature = "http")]
ends!(Responds<S, IE>, Answered, Fallible, 0.0.0.0.0.0,
    where Kd: Respond, F: AsyncFn<A, Output: IntoResponse>, N: AsyncFn<(), Output = Result<S, IE>>);
#[cfg(feature = "http")]
ends!(RespondsPlainInit, Answered, Plain, 0.0.0.0.0, where Kd: Respond, F: AsyncFn<A, Output: IntoResponse>);
ends!(Fails<T, E, S, IE>, Kd::Fallible, Fallible, 0.0.0.0,
    where Kd: Layered, F: AsyncFn<A, Output = Result<T, E>>, N: AsyncFn<(), Output = Result<S, IE>>);
ends!(PlainInit<T, E>, Kd::Fallible, Plain, 0.0.0, where Kd: Layered, F: AsyncFn<A, Output = Result<T, E>>);
ends!(PlainFunction<S, IE>, Plain, Fallible, 0.0, where N: AsyncFn<(), Output = Result<S, IE>>);
ends!(PlainBoth, Plain, Plain, 0);

macro_rules! tiers {
    ($($(#[$doc:meta])* $Tier:ident($Next:ident);)*) => {$(
        $(#[$doc])*
        pub struct $Tier<Kind, F, A, N, D, L>($Next<Kind, F, A, N, D, L>);
    )*};
}

tiers! {
    /// A function of requests that returns a `Result` whose error is a text, with an init that returns a plain value. Not
    /// named by users.
    TextPlainInit(Responds);
    /// A function that returns a response, with an init that returns a `Result`. Not named by users.
    Responds(RespondsPlainInit);
    /// A function that returns a response, with an init that does not return a `Result`. Not named by users.
    RespondsPlainInit(Fails);
    /// A function and an init that both return a `Result`. Not named by users.
    Fails(PlainInit);
    /// A function that returns a `Result`, with an init that does not. Not named by users.
    PlainInit(PlainFunction);
    /// A function that returns a plain value, with an init that returns a `Result`. Not named by users.
    PlainFunction(PlainBoth);
    /// A function and an init that both return plain values. Not named by users.
    PlainBoth(Parts);
}

macro_rules! derefs {
    ($($Tier:ident => $Next:ident,)*) => {$(
        /// Where the function or its init does not return what this one is for, the next one is.
        impl<Kd, F, A, N, D, L> Deref for $Tier<Kd, F, A, N, D, L> {
            type Target = $Next<Kd, F, A, N, D, L>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    )*};
}

derefs! {
    Builder => TextPlainInit,
    TextPlainInit => Responds,
    Responds => RespondsPlainInit,
    RespondsPlainInit => Fails,
    Fails => PlainInit,
    PlainInit => PlainFunction,
    PlainFunction => PlainBoth,
}

impl<Kd: Clone, F: Clone, A, N: Clone, D: Clone, L: Clone> Clone for Parts<Kd, F, A, N, D, L> {
    fn clone(&self) -> Self {
        Parts {
            kind: self.kind.clone(),
            function: self.function.clone(),
            init: self.init.clone(),
            shutdown: self.shutdown.clone(),
            layers: self.layers.clone(),
            margin: self.margin,
            name: self.name.clone(),
            args: PhantomData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn a_function_is_called_by_the_last_part_of_its_path() {
        assert_eq!(short_name("orders::stock::process"), "process");
        assert_eq!(short_name("orders::main::{{closure}}"), "function");
    }
}
