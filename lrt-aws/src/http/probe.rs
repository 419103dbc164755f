//! Marks the requests of a future, so that they only open a connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

thread_local! {
    /// Probe of the call that [`warm`](crate::warm()) is polling on this thread.
    static CURRENT: RefCell<Option<Probe>> = const { RefCell::new(None) };
}

/// Marks requests that only open a connection, and holds the result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    url: OnceLock<String>,
    opened: OnceLock<Result<(), String>>,
}

impl Probe {
    /// Returns the probe of the call that is being polled on this thread.
    pub(crate) fn current() -> Option<Probe> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Returns the URL of the host, once the SDK has resolved it.
    pub(crate) fn url(&self) -> Option<&str> {
        self.0.url.get().map(String::as_str)
    }

    /// Returns the result, once the connection is open or has failed.
    pub(crate) fn opened(&self) -> Option<&Result<(), String>> {
        self.0.opened.get()
    }

    /// Sets the URL of the host. Only the first one is kept.
    pub(super) fn set_url(&self, url: &str) {
        self.0.url.get_or_init(|| url.to_owned());
    }

    /// Sets the result. Only the first one is kept.
    pub(super) fn set_opened(&self, opened: Result<(), String>) {
        self.0.opened.get_or_init(|| opened);
    }

    /// Polls a future so that its requests find this probe.
    pub(crate) async fn scope<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            let _entered = Entered(CURRENT.replace(Some(self.clone())));
            future.as_mut().poll(cx)
        })
        .await
    }
}

/// Guard of a poll. Its destructor restores the previous probe, even if the call panics.
struct Entered(Option<Probe>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_warmed_future_finds_the_probe() {
        let probe = Probe::default();
        let inside = async {
            let first = Probe::current().is_some();
            tokio::task::yield_now().await;
            (first, Probe::current().is_some())
        };
        let outside = async {
            let first = Probe::current().is_some();
            tokio::task::yield_now().await;
            (first, Probe::current().is_some())
        };
        let (inside, outside) = tokio::join!(probe.scope(inside), outside);
        assert_eq!((inside, outside), ((true, true), (false, false)));
        assert!(Probe::current().is_none());
    }
}
