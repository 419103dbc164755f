//! Runs functions on the real loop, over real sockets, against the fake Runtime API.

pub(crate) mod emf;

use lrt::testing::{Event, RuntimeApi};
use lrt::{
    DeadlineMargin, Environment, ErrorReport, FunctionInfo, FunctionService, Handler, Initialized, Invocation, Reply,
    SharedService, Shutdown,
};
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet};

/// Timeout of a test, far longer than any test should take.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A running function and its Runtime API.
pub(crate) struct Running {
    pub(crate) api: RuntimeApi,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<ExitCode>,
}

impl Running {
    /// Waits until the loop ends. Returns true if the exit code is 0.
    pub(crate) async fn ended(self) -> bool {
        succeeded(self.ended.await.expect("the loop should not panic"))
    }

    /// Stops the loop, as SIGTERM does. Returns true if the exit code is 0.
    pub(crate) async fn stop(self) -> bool {
        let _ = self.stop.send(());
        succeeded(self.ended.await.expect("the loop should not panic"))
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.ended.is_finished()
    }

    pub(crate) async fn invoke(&self, payload: &str) -> lrt::testing::Answer {
        self.api.invoke(Event::new(payload.to_owned())).await
    }
}

/// Runs `test` concurrently with a function, with a timeout.
pub(crate) fn run_function<T: Future<Output = ()>>(
    handler: impl Handler<Shutdown: 'static>,
    test: impl FnOnce(Running) -> T,
) {
    run_function_at(handler, |address| address.to_owned(), test);
}

/// Runs `test` with a function on a Managed Instance that sends several events concurrently.
pub(crate) fn run_workers<T: Future<Output = ()>>(
    events: usize,
    handler: impl Handler,
    test: impl FnOnce(Running) -> T,
) {
    // Not an `AnyHandler`, since each worker has its own clone of the service.
    run(events, handler, Box::new(|address| address.to_owned()), Box::new(|running| Box::pin(test(running))));
}

/// Runs `test` with a function whose `AWS_LAMBDA_RUNTIME_API` is derived from the address.
pub(crate) fn run_function_at<T: Future<Output = ()>>(
    handler: impl Handler<Shutdown: 'static>,
    address: impl FnOnce(&str) -> String,
    test: impl FnOnce(Running) -> T,
) {
    run(1, AnyHandler::new(handler), Box::new(address), Box::new(|running| Box::pin(test(running))));
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Takes boxed closures, so that the loop is compiled once for each type of handler, and not for each test.
fn run<'a>(
    concurrency: usize,
    handler: impl Handler,
    address: Box<dyn FnOnce(&str) -> String + 'a>,
    test: Box<dyn FnOnce(Running) -> Boxed<'a, ()> + 'a>,
) {
    let mut function = FunctionInfo::default();
    function.name = handler.name().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(async {
        let api = RuntimeApi::builder().concurrency(concurrency).start().await.unwrap();
        let environment = Environment::new(&address(api.address()), function).unwrap().with_concurrency(concurrency);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::task::spawn_local(async move {
            lrt_core::serve(&handler, environment, async { stopped.await.unwrap_or_default() }).await
        });
        let test = test(Running { api, stop, ended });
        tokio::time::timeout(TEST_TIMEOUT, test).await.expect("the test should finish within 30 s");
    }));
}

type AnyService = SharedService<Invocation, Reply>;

/// A handler whose type is erased, apart from its shutdown work `D`. Its state is the finished service.
struct AnyHandler<D> {
    name: String,
    metrics: Option<String>,
    margin: DeadlineMargin,
    function: Box<dyn ErasedStart<D>>,
}

impl<D> AnyHandler<D> {
    fn new(handler: impl Handler<Shutdown = D>) -> AnyHandler<D> {
        AnyHandler {
            name: handler.name().to_owned(),
            metrics: handler.metrics().map(str::to_owned),
            margin: handler.margin(),
            function: Box::new(Start(handler)),
        }
    }
}

impl<D: Shutdown + 'static> Handler for AnyHandler<D> {
    type State = AnyService;
    type Shutdown = D;

    async fn init(&self) -> Result<Initialized<AnyService, D>, ErrorReport> {
        self.function.start().await
    }

    async fn service(&self, service: AnyService) -> Result<impl FunctionService, ErrorReport> {
        Ok(service)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn metrics(&self) -> Option<&str> {
        self.metrics.as_deref()
    }

    fn margin(&self) -> DeadlineMargin {
        self.margin
    }
}

trait ErasedStart<D>: Send + Sync {
    fn start(&self) -> Boxed<'_, Result<Initialized<AnyService, D>, ErrorReport>>;
}

struct Start<H>(H);

impl<H: Handler> ErasedStart<H::Shutdown> for Start<H> {
    fn start(&self) -> Boxed<'_, Result<Initialized<AnyService, H::Shutdown>, ErrorReport>> {
        Box::pin(async {
            let Initialized { state, shutdown } = self.0.init().await?;
            let state = SharedService::new(self.0.service(state).await?);
            Ok(Initialized { state, shutdown })
        })
    }
}

/// Returns true for the exit code 0; `ExitCode` does not implement `PartialEq`.
fn succeeded(code: ExitCode) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS)
}
