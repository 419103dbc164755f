//! Captures log lines in tests.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;

thread_local! {
    /// The captured lines of the future that is polled on this thread, if there is one.
    static CAPTURED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Captures a line. Returns false if lines are not captured.
pub(super) fn offer(line: impl FnOnce() -> String) -> bool {
    CAPTURED.with_borrow_mut(|lines| {
        if let Some(lines) = lines {
            lines.push(line());
        }
        lines.is_some()
    })
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
    let mut future = pin!(future);
    let mut lines = Vec::new();
    let output = poll_fn(|cx| {
        // Only during the poll, so that the output of other code on this thread is not captured.
        let _capturing = Capturing::into(&mut lines);
        future.as_mut().poll(cx)
    });
    (output.await, lines)
}

/// Captures lines until it is dropped.
struct Capturing<'a> {
    lines: &'a mut Vec<String>,
    outer: Option<Vec<String>>,
}

impl Capturing<'_> {
    fn into(lines: &mut Vec<String>) -> Capturing<'_> {
        let outer = CAPTURED.replace(Some(mem::take(lines)));
        Capturing { lines, outer }
    }
}

/// In a destructor, so that the previous lines are also restored if the poll panics.
impl Drop for Capturing<'_> {
    fn drop(&mut self) {
        *self.lines = CAPTURED.replace(self.outer.take()).unwrap_or_default();
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
