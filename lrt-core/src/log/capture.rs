//! Captures log lines, and the delays of failed records, in tests.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::time::Duration;

/// Output of a future: the lines and delays from the times at which it was polled.
#[derive(Debug, Default)]
pub struct Captured {
    /// The lines that the runtime logged.
    pub lines: Vec<String>,
    /// The records of a batch that failed with [`Error::retry_after`](crate::Error::retry_after), by their identifiers.
    pub retry_delays: Vec<(String, Duration)>,
}

thread_local! {
    /// The output of the future that is polled on this thread, if it is captured.
    static CAPTURED: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

/// Captures a line. Returns false if lines are not captured.
pub(super) fn offer(line: impl FnOnce() -> String) -> bool {
    CAPTURED.with_borrow_mut(|captured| {
        if let Some(captured) = captured {
            captured.lines.push(line());
        }
        captured.is_some()
    })
}

/// Captures the delay of a record that failed.
pub fn offer_retry_delay(record: &str, delay: Duration) {
    CAPTURED.with_borrow_mut(|captured| {
        if let Some(captured) = captured {
            captured.retry_delays.push((record.to_owned(), delay));
        }
    });
}

/// Runs a future, and returns the lines that the runtime logged in the meantime instead of writing them to stderr.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (sum, lines) = lrt_core::capture_log(async { 1 + 1 }).await;
/// assert_eq!(sum, 2);
/// assert!(lines.is_empty());
/// # }
/// ```
pub async fn capture_log<F: Future>(future: F) -> (F::Output, Vec<String>) {
    let (output, captured) = capture(future).await;
    (output, captured.lines)
}

/// Runs a future, and returns its log lines and the delays of failed records.
pub async fn capture<F: Future>(future: F) -> (F::Output, Captured) {
    let mut future = pin!(future);
    let mut captured = Captured::default();
    let output = poll_fn(|cx| {
        // Only during the poll, so that the output of other code on this thread is not captured.
        let _capturing = Capturing::into(&mut captured);
        future.as_mut().poll(cx)
    });
    (output.await, captured)
}

/// Captures until it is dropped.
struct Capturing<'a> {
    captured: &'a mut Captured,
    outer: Option<Captured>,
}

impl Capturing<'_> {
    fn into(captured: &mut Captured) -> Capturing<'_> {
        let outer = CAPTURED.replace(Some(mem::take(captured)));
        Capturing { captured, outer }
    }
}

/// In a destructor, so that the previous lines are also restored if the poll panics.
impl Drop for Capturing<'_> {
    fn drop(&mut self) {
        *self.captured = CAPTURED.replace(self.outer.take()).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{error, warn};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[tokio::test]
    async fn lines_are_captured_by_the_innermost_future() {
        let ((inner, after), outer) = capture_log(async {
            warn("1", format_args!("before"));
            let ((), inner) = capture_log(async {
                error("", format_args!("within"));
                tokio::task::yield_now().await;
                error("2", format_args!("after a pause"));
            })
            .await;
            warn("1", format_args!("after"));
            (inner, 7)
        })
        .await;
        assert_eq!(inner, ["ERROR within", "ERROR RequestId: 2 after a pause"]);
        assert_eq!(outer, ["WARN RequestId: 1 before", "WARN RequestId: 1 after"]);
        assert_eq!(after, 7);
    }

    #[tokio::test]
    async fn lines_between_two_polls_are_not_captured() {
        let mut captured = Box::pin(capture_log(async {
            warn("", format_args!("first"));
            tokio::task::yield_now().await;
        }));
        assert!(poll_fn(|cx| std::task::Poll::Ready(captured.as_mut().poll(cx))).await.is_pending());
        assert!(CAPTURED.with_borrow(Option::is_none));
        assert_eq!(captured.await.1, ["WARN first"]);
    }

    #[test]
    fn panic_ends_the_capture() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let panic = || runtime.block_on(capture_log(async { panic!("on purpose") }));
        assert!(catch_unwind(AssertUnwindSafe(panic)).is_err());
        assert!(CAPTURED.with_borrow(Option::is_none));
    }
}
