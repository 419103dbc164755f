//! Runs each worker on its own thread.
//!
//! A worker is not a tokio task, since a blocking function would then occupy a thread of tokio, and stall other
//! workers, timers and the sockets of clients created in init. tokio's threads are for tasks and drivers only, and the
//! system schedules the workers on all vCPUs.

use crate::panics;
use crate::runtime_api::Fatal;
use std::future::Future;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Runs a worker on a new thread, within the caller's runtime.
pub(super) async fn run_on_thread<F>(worker: impl FnOnce() -> F + Send + 'static) -> Result<(), Fatal>
where
    F: Future<Output = Result<(), Fatal>>,
{
    let (send, ended) = oneshot::channel();
    let runtime = Handle::current();
    let thread = std::thread::Builder::new().name("lrt-worker".to_owned()).spawn(move || {
        let ended = panics::catch_panic(|| runtime.block_on(worker()));
        // The receiver is dropped when the process exits.
        let _ = send.send(ended.unwrap_or_else(|panic| Err(Fatal::Worker(panic.text()))));
    });
    match thread {
        Ok(_) => ended.await.unwrap_or_else(|_| Err(Fatal::Worker("worker thread ended unexpectedly".to_owned()))),
        Err(error) => Err(Fatal::Worker(format!("failed to start a worker thread: {error}"))),
    }
}
