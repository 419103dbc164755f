//! A thread for each worker.
//!
//! Not a task of tokio's threads: a function that blocks would keep one of them, and with it whatever waits there: as
//! many workers, the timers, the sockets of clients that init has made. So those threads are for tasks and drivers alone,
//! and the system spreads the workers over all vCPUs.

use crate::runtime::panics;
use crate::runtime_api::Fatal;
use std::future::Future;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Runs a worker on a thread of its own, within the runtime of the caller.
pub(super) async fn on_thread<F>(live: impl FnOnce() -> F + Send + 'static) -> Result<(), Fatal>
where
    F: Future<Output = Result<(), Fatal>>,
{
    let (send, ended) = oneshot::channel();
    let runtime = Handle::current();
    let thread = std::thread::Builder::new().name("lrt-worker".to_owned()).spawn(move || {
        let ended = panics::catch_panic(|| runtime.block_on(live()));
        // Nobody waits for it any more once the process ends.
        let _ = send.send(ended.unwrap_or_else(|panic| Err(Fatal::Worker(panic.text()))));
    });
    match thread {
        Ok(_) => ended.await.unwrap_or_else(|_| Err(Fatal::Worker("its thread has ended".to_owned()))),
        Err(error) => Err(Fatal::Worker(format!("no thread can be started: {error}"))),
    }
}
