//! Runs functions on the real loop, over real sockets, against the fake Runtime API.

pub(crate) mod emf;

use lrt::testing::{Event, RuntimeApi};
use lrt::{Environment, FunctionInfo, Handler};
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
pub(crate) fn run_function<T: Future<Output = ()>>(handler: impl Handler, test: impl FnOnce(Running) -> T) {
    run_function_at(handler, |address| address.to_owned(), test);
}

/// Runs `test` with a function on a Managed Instance that sends several events concurrently.
pub(crate) fn run_workers<T: Future<Output = ()>>(
    events: usize,
    handler: impl Handler,
    test: impl FnOnce(Running) -> T,
) {
    run(events, handler, |address| address.to_owned(), test);
}

/// Runs `test` with a function whose `AWS_LAMBDA_RUNTIME_API` is derived from the address.
pub(crate) fn run_function_at<T: Future<Output = ()>>(
    handler: impl Handler,
    address: impl FnOnce(&str) -> String,
    test: impl FnOnce(Running) -> T,
) {
    run(1, handler, address, test);
}

fn run<T: Future<Output = ()>>(
    concurrency: usize,
    handler: impl Handler,
    address: impl FnOnce(&str) -> String,
    test: impl FnOnce(Running) -> T,
) {
    let mut function = FunctionInfo::default();
    function.name = handler.name().to_owned();
    let serve = move |api: &str, stopped: oneshot::Receiver<()>| -> Boxed<'static, ExitCode> {
        let environment = Environment::new(&address(api), function).unwrap().with_concurrency(concurrency);
        Box::pin(
            async move { lrt_core::serve(&handler, environment, async { stopped.await.unwrap_or_default() }).await },
        )
    };
    run_boxed(concurrency, Box::new(serve), Box::new(|running| Box::pin(test(running))));
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The part of [`run`] that does not depend on the types of a test, so that it is compiled once.
fn run_boxed<'a>(
    concurrency: usize,
    serve: Box<dyn FnOnce(&str, oneshot::Receiver<()>) -> Boxed<'static, ExitCode> + 'a>,
    test: Box<dyn FnOnce(Running) -> Boxed<'a, ()> + 'a>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(async {
        let api = RuntimeApi::builder().concurrency(concurrency).start().await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::task::spawn_local(serve(api.address(), stopped));
        let test = test(Running { api, stop, ended });
        tokio::time::timeout(TEST_TIMEOUT, test).await.expect("the test should finish within 30 s");
    }));
}

/// Returns true for the exit code 0; `ExitCode` does not implement `PartialEq`.
fn succeeded(code: ExitCode) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS)
}
