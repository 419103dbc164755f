//! Panic hook that logs each panic exactly once, even if user code catches it.
//!
//! A panic caught by [`catch_panic`](super::catch_panic) becomes a report, which is logged with the operation
//! that failed, so the hook delays its own line. A panic that the function caught itself is logged when `catch_panic`
//! returns without it, and one outside of `catch_panic` is logged at once.

use crate::log;
use std::cell::RefCell;
use std::panic::PanicHookInfo;

thread_local! {
    static STATE: RefCell<HookState> = const { RefCell::new(HookState { depth: 0, pending: None }) };
}

struct HookState {
    /// The number of `catch_panic` calls on the stack of this thread.
    depth: usize,
    /// The panic that one of them may catch.
    pending: Option<String>,
}

/// The panic hook: delays the line, or writes it.
pub(super) fn on_panic(panic: &PanicHookInfo<'_>) {
    let message = super::message(panic.payload(), panic.location().map(ToString::to_string));
    // A second panic during unwinding ends the process, and a panic that aborts cannot be caught.
    let (first, now) = STATE.with_borrow_mut(|state| match state.pending.take() {
        None if state.depth > 0 && cfg!(panic = "unwind") => {
            state.pending = Some(message);
            (None, None)
        }
        first => (first, Some(message)),
    });
    first.iter().chain(&now).for_each(|message| log_panic(message));
}

/// Marks the pending panic as logged by its report.
pub(super) fn reported() {
    STATE.with_borrow_mut(|state| state.pending = None);
}

fn log_panic(message: &str) {
    log::error("", format_args!("{message}"));
}

/// A running `catch_panic`.
pub(super) struct CatchGuard;

impl CatchGuard {
    pub(super) fn enter() -> CatchGuard {
        STATE.with_borrow_mut(|state| state.depth += 1);
        CatchGuard
    }
}

impl Drop for CatchGuard {
    fn drop(&mut self) {
        let uncaught = STATE.with_borrow_mut(|state| {
            state.depth -= 1;
            // If a panic is unwinding, it reaches an outer `catch_panic` later.
            if std::thread::panicking() { None } else { state.pending.take() }
        });
        if let Some(message) = uncaught {
            log_panic(&message);
        }
    }
}
