//! A function on the real loop, over real sockets, against the fake Runtime API.

use lrt::testing::{Event, RuntimeApi};
use lrt::{Environment, FunctionInfo, Handler};
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet};

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function that runs, and the Runtime API that it runs against.
pub(crate) struct Running {
    pub(crate) api: RuntimeApi,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<ExitCode>,
}

impl Running {
    /// Whether the loop has ended by itself; whether its exit code is 0.
    pub(crate) async fn ended(self) -> bool {
        succeeded(self.ended.await.expect("the loop does not panic"))
    }

    /// Tells the loop to end, as SIGTERM does; whether its exit code is 0.
    pub(crate) async fn stop(self) -> bool {
        let _ = self.stop.send(());
        succeeded(self.ended.await.expect("the loop does not panic"))
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.ended.is_finished()
    }

    pub(crate) async fn invoke(&self, payload: &str) -> lrt::testing::Answer {
        self.api.invoke(Event::new(payload.to_owned())).await
    }
}

/// Runs `test` beside a function. It fails rather than to wait for ever.
pub(crate) fn with<T: Future<Output = ()>>(handler: impl Handler, test: impl FnOnce(Running) -> T) {
    with_environment(handler, |address| address.to_owned(), test);
}

/// The same on a Managed Instance that sends so many events at once.
pub(crate) fn with_concurrency<T: Future<Output = ()>>(
    events: usize,
    handler: impl Handler,
    test: impl FnOnce(Running) -> T,
) {
    run(events, handler, |address| address.to_owned(), test);
}

pub(crate) fn with_environment<T: Future<Output = ()>>(
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(async {
        let api = RuntimeApi::builder().concurrency(concurrency).start().await.unwrap();
        let mut function = FunctionInfo::default();
        function.name = handler.name().to_owned();
        let environment = Environment::new(&address(api.address()), function).unwrap().with_concurrency(concurrency);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::task::spawn_local(async move {
            lrt_core::serve(&handler, environment, async { stopped.await.unwrap_or_default() }).await
        });
        let test = test(Running { api, stop, ended });
        tokio::time::timeout(PATIENCE, test).await.expect("the test is over within 30 s");
    }));
}

/// `ExitCode` has no `PartialEq`.
fn succeeded(code: ExitCode) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS)
}
