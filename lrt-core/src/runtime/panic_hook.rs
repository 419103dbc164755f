//! Panics that nobody tells of: each is to be one line in the log, and not two or none.
//!
//! What [`catch_panic`](super::panics::catch_panic) catches becomes a report, which is told with what it was that failed. So the hook waits: what a
//! function has caught by itself is told when `catch` ends without it, what happens outside of `catch` at once.

use crate::log;
use std::cell::RefCell;
use std::panic::PanicHookInfo;

thread_local! {
    static STATE: RefCell<State> = const { RefCell::new(State { depth: 0, waiting: None }) };
}

struct State {
    /// How many `catch`es this thread is in.
    depth: usize,
    /// The panic that one of them may get.
    waiting: Option<String>,
}

/// What the hook does: it waits, or tells.
pub(super) fn noted(panic: &PanicHookInfo<'_>) {
    let message = super::panics::message(panic.payload(), panic.location().map(ToString::to_string));
    // A panic while another one unwinds ends the process; one that aborts is caught by nobody.
    let (first, now) = STATE.with_borrow_mut(|state| match state.waiting.take() {
        None if state.depth > 0 && cfg!(panic = "unwind") => {
            state.waiting = Some(message);
            (None, None)
        }
        first => (first, Some(message)),
    });
    first.iter().chain(&now).for_each(|message| tell(message));
}

/// The panic is told as a report.
pub(super) fn told() {
    STATE.with_borrow_mut(|state| state.waiting = None);
}

fn tell(message: &str) {
    log::error("", format_args!("{message}"));
}

/// A `catch` that runs.
pub(super) struct Within;

impl Within {
    pub(super) fn enter() -> Within {
        STATE.with_borrow_mut(|state| state.depth += 1);
        Within
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        let untold = STATE.with_borrow_mut(|state| {
            state.depth -= 1;
            // One that unwinds still has its `catch` before it.
            if std::thread::panicking() { None } else { state.waiting.take() }
        });
        if let Some(message) = untold {
            tell(&message);
        }
    }
}
