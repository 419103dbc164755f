//! A service of lambda_runtime as a function of lrt.

use crate::service::EventService;
use lambda_runtime::{Diagnostic, IntoFunctionResponse, LambdaEvent};
use lrt::layer::{BoxLayer, BoxedService, SharedService};
use lrt::{BoxError, DeadlineMargin, ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;
use std::process::ExitCode;
use tower_service::Service;

/// The service between two layers.
type InnerService = SharedService<Invocation, Reply>;

/// A function of lambda_runtime or lambda_http, which lrt runs.
///
/// [`run`](Compat::run) is for a plain `main`, and [`serve`](Compat::serve) for a program that has a tokio runtime. The other
/// methods have the same meaning as those of [`lrt::Builder`].
///
/// `STREAMING` is true if all replies are streamed. It only selects the invoke mode in the template.
#[must_use = "a function does nothing unless it is run"]
pub struct Compat<const STREAMING: bool = false> {
    service: InnerService,
    /// Outermost first.
    layers: Vec<Box<dyn BoxLayer<InnerService>>>,
    margin: DeadlineMargin,
    name: String,
    kind: &'static str,
}

impl<const STREAMING: bool> Compat<STREAMING> {
    pub(crate) fn new<Svc, T, B, S, D, E>(kind: &'static str, service: Svc) -> Self
    where
        Svc: Service<LambdaEvent<T>> + Send + 'static,
        Svc::Future: Send + 'static,
        Svc::Response: IntoFunctionResponse<B, S>,
        Svc::Error: Into<Diagnostic> + fmt::Debug,
        T: for<'de> Deserialize<'de> + 'static,
        B: Serialize + 'static,
        S: futures_core::Stream<Item = Result<D, E>> + Unpin + Send + 'static,
        D: Into<bytes::Bytes>,
        E: Into<BoxError>,
    {
        Compat {
            service: SharedService::new(EventService::new(service)),
            layers: Vec::new(),
            margin: DeadlineMargin::Default,
            name: "function".to_owned(),
            kind,
        }
    }

    /// Adds a tower layer around the function, inside the layers that were added before. Its service takes an
    /// [`Invocation`] and returns a [`Reply`]; see [`lrt::layer`].
    ///
    /// Layers around a `LambdaEvent` or an HTTP request belong around the service, before it is passed to this crate.
    pub fn layer(mut self, layer: impl BoxLayer<SharedService<Invocation, Reply>>) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// Sets the time before the deadline at which lrt answers for a function that is still running: a
    /// [`Duration`](std::time::Duration), or [`DeadlineMargin::Off`].
    pub fn deadline_margin(self, margin: impl Into<DeadlineMargin>) -> Self {
        Compat { margin: margin.into(), ..self }
    }

    /// Sets the name that the local tools use. The default is `function`.
    pub fn name(self, name: impl Into<String>) -> Self {
        Compat { name: name.into(), ..self }
    }

    /// Runs the function until Lambda ends the process, on a new tokio runtime.
    ///
    /// In a debug build outside Lambda, it serves the function on this machine instead, or runs the command that the
    /// command line names (see `--help`).
    ///
    /// ```no_run
    /// use lambda_runtime::{Error, LambdaEvent, service_fn};
    ///
    /// async fn greet(event: LambdaEvent<String>) -> Result<String, Error> {
    ///     Ok(format!("hello {}", event.payload))
    /// }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt_compat::lambda_runtime(service_fn(greet)).run()
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics within a tokio runtime. Use [`serve`](Compat::serve) there.
    pub fn run(self) -> ExitCode {
        lrt::__private::run_handler(&self)
    }

    /// Runs the function like [`run`](Compat::run), on the current tokio runtime.
    ///
    /// It replaces `lambda_runtime::run` in a program with `#[tokio::main]`:
    ///
    /// ```no_run
    /// use lambda_runtime::{Error, LambdaEvent, service_fn};
    /// # struct Client;
    /// # impl Client {
    /// #     async fn connect() -> Result<Client, Error> { Ok(Client) }
    /// #     async fn stock_of(&self, _: &str) -> Result<u32, Error> { Ok(3) }
    /// # }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     lambda_runtime::tracing::init_default_subscriber();
    ///     // It lives as long as the process, because the service must be `'static`.
    ///     let client: &'static Client = Box::leak(Box::new(Client::connect().await?));
    ///     let stock = service_fn(move |event: LambdaEvent<String>| async move { client.stock_of(&event.payload).await });
    ///     lrt_compat::lambda_runtime(stock).serve().await
    /// }
    /// ```
    ///
    /// The function is complete after SIGTERM or SIGINT, and after commands of the local Lambda.
    ///
    /// # Errors
    ///
    /// Returns an error if the process should exit with 1. The reason was logged.
    pub async fn serve(self) -> Result<(), lambda_runtime::Error> {
        match lrt::__private::serve_handler(self).await {
            code if code == ExitCode::SUCCESS => Ok(()),
            _ => Err(Box::new(Failed)),
        }
    }

    /// Returns the function in a [`Harness`](lrt::testing::Harness), for a test.
    ///
    /// ```
    /// use lambda_runtime::{Error, LambdaEvent, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let greet = service_fn(|event: LambdaEvent<String>| async move { Ok::<_, Error>(format!("hello {}", event.payload)) });
    /// let harness = lrt_compat::lambda_runtime(greet).harness();
    /// assert_eq!(harness.invoke(r#""Ada""#).await.reply::<String>(), "hello Ada");
    /// # }
    /// ```
    #[cfg(feature = "testing")]
    #[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
    pub fn harness(self) -> lrt::testing::Harness<Self> {
        lrt::testing::Harness::of(self)
    }
}

impl<const STREAMING: bool> Handler for Compat<STREAMING> {
    type State = ();
    type Shutdown = ();

    const STREAMING: bool = STREAMING;

    async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
        Ok(Initialized { state: (), shutdown: () })
    }

    fn service(&self, (): ()) -> impl Future<Output = Result<impl FunctionService, ErrorReport>> {
        let service = self.layers.iter().rev().fold(self.service.clone(), |inner, layer| layer.wrap(inner));
        std::future::ready(Ok(service.map_errors()))
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn margin(&self) -> DeadlineMargin {
        self.margin
    }
}

impl<const STREAMING: bool> fmt::Debug for Compat<STREAMING> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compat").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The error of a function that ended with another exit code than 0.
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function ended with an error, which was logged")
    }
}

/// Formats the message, which Rust prints for an error of `main`.
impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failed {}
