//! Connections that are opened before the first event.

use crate::http::with_causes;
use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Time limit of [`warm`].
const LIMIT: Duration = Duration::from_secs(1);

thread_local! {
    /// Probe of the call that [`warm`] is polling on this thread.
    static CURRENT: RefCell<Option<Probe>> = const { RefCell::new(None) };
}

/// Opens the connection that a call needs, without sending the call.
///
/// In `init`, this moves DNS, TCP and TLS out of the first invocation. The SDK resolves endpoint and credentials and signs the
/// request as usual. Instead of the request, a `GET /` is sent to the same host, and the connection is kept for the first real
/// call. This works for every service, including hosts of buckets and accounts. It reads and writes nothing, and needs no IAM
/// permission.
///
/// The client must have the configuration of [`config`](crate::config). Any other client sends the call. Several connections
/// can be opened at the same time:
///
/// ```no_run
/// # async fn init() {
/// # let config = lrt_aws::config().load().await;
/// let db = aws_sdk_dynamodb::Client::new(&config);
/// let sts = aws_sdk_sts::Client::new(&config);
/// tokio::join!(
///     lrt_aws::warm(db.list_tables().send()),
///     lrt_aws::warm(sts.get_caller_identity().send()),
/// );
/// # }
/// ```
///
/// With HTTP/1.1, a connection carries one request at a time. A function that makes nine calls at once warms nine connections:
///
/// ```no_run
/// # async fn init(db: aws_sdk_dynamodb::Client) {
/// let calls = (0..9).map(|_| lrt_aws::warm(db.list_tables().send()));
/// futures_util::future::join_all(calls).await;
/// # }
/// ```
///
/// It takes at most one second. Without a connection by then, it logs one warning and returns; the first real call tries
/// again. Credentials are fetched and cached if necessary.
///
/// # Panics
///
/// Panics if the call panics.
pub async fn warm<T, E>(call: impl Future<Output = Result<T, E>>)
where
    E: std::error::Error + 'static,
{
    let probe = Probe::default();
    let Ok(result) = tokio::time::timeout(LIMIT, probe.polled(call)).await else {
        return warning(format_args!("no connection within {LIMIT:?}"));
    };
    match (probe.0.get(), result) {
        (Some((_, Ok(()))), _) => {}
        (Some((url, Err(error))), _) => warning(format_args!("{url}: {error}")),
        (None, Err(error)) => warning(format_args!("{}", with_causes(&error))),
        (None, Ok(_)) => warning(format_args!(
            "the call was sent, because its client does not have the configuration of lrt_aws::config()"
        )),
    }
}

fn warning(reason: fmt::Arguments<'_>) {
    lrt_core::log::warn("", format_args!("could not open a connection in advance: {reason}"));
}

/// Marks requests that only open a connection, and holds the result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe(Arc<OnceLock<(String, Result<(), String>)>>);

impl Probe {
    /// Returns the probe of the call that is being polled on this thread.
    pub(crate) fn current() -> Option<Probe> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Sets the result for a URL. Only the first result is kept.
    pub(crate) fn report(&self, url: String, opened: Result<(), String>) {
        _ = self.0.set((url, opened));
    }

    /// Polls a future so that its requests find this probe.
    async fn polled<F: Future>(&self, future: F) -> F::Output {
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
    use std::panic::{AssertUnwindSafe, catch_unwind};

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
        let (inside, outside) = tokio::join!(probe.polled(inside), outside);
        assert_eq!((inside, outside), ((true, true), (false, false)));
        assert!(Probe::current().is_none());
    }

    #[test]
    fn panic_in_the_call_removes_the_probe() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let call = async { if true { panic!("on purpose") } else { Ok::<(), std::io::Error>(()) } };
        assert!(catch_unwind(AssertUnwindSafe(|| runtime.block_on(warm(call)))).is_err());
        assert!(Probe::current().is_none());
    }
}
