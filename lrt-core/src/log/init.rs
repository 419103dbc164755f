//! Who hears of events: lrt's subscriber, unless the function has one.

use super::settings::Settings;
use super::subscriber::Lines;
use super::{Level, forward, log_crate};
use crate::error::RenderedError;
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing_core::dispatcher::{self, DefaultGuard, Dispatch};
use tracing_core::subscriber::NoSubscriber;

thread_local! {
    /// While the function's init runs, lrt's subscriber is that of this thread alone.
    static STARTED: RefCell<Option<(DefaultGuard, Dispatch)>> = const { RefCell::new(None) };
}

/// The same, for what lrt says on other threads meanwhile: that one of them panicked.
static STARTING: Mutex<Option<Dispatch>> = Mutex::new(None);

/// Whether a panic is told in a line.
static TELLS_PANICS: AtomicBool = AtomicBool::new(false);

/// Has this thread's lines written as the environment says, until the function's init has run: then lrt's subscriber becomes
/// that of the process, unless there is another. [`run`](crate::run) does this, too.
///
/// The init may install a subscriber for the process, which would be refused if there were one. That of a thread is not in its
/// way.
pub fn start() {
    if !dispatcher::get_default(|dispatch| dispatch.is::<NoSubscriber>()) {
        return;
    }
    let settings = Settings::read();
    let odd: Vec<String> = settings.odd.clone();
    let lines = Dispatch::new(Lines::of(settings, super::write));
    *starting() = Some(lines.clone());
    STARTED.set(Some((dispatcher::set_default(&lines), lines)));
    odd.iter().for_each(|odd| super::warn("", format_args!("{odd}")));
    // Who asks for a backtrace has what Rust itself says to a panic.
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        TELLS_PANICS.store(true, Ordering::Relaxed);
    }
}

/// Has the lines of all threads written, unless the init has installed a subscriber: then that one hears of all.
pub(crate) fn settle() {
    let Some((guard, lines)) = STARTED.take() else { return };
    drop(guard);
    *starting() = None;
    let most = lines.downcast_ref::<Lines>().map(Lines::most);
    if dispatcher::set_global_default(lines).is_err() {
        // What was asked of lrt's, which is gone, is asked anew.
        tracing_core::callsite::rebuild_interest_cache();
        return;
    }
    // The `log` crate has but one logger, for the whole process. That of the init wins here as well.
    if let Some(most) = most
        && log::set_logger(&log_crate::Records).is_ok()
    {
        log::set_max_level(log_crate::most(most));
    }
}

/// Whether a panic is told in a line, and not by Rust itself.
pub(crate) fn tells_panics() -> bool {
    TELLS_PANICS.load(Ordering::Relaxed)
}

/// Whether somebody was there to hear of a line of lrt's.
pub(super) fn tell(
    level: Level,
    request_id: &str,
    message: fmt::Arguments<'_>,
    failure: Option<&RenderedError>,
) -> bool {
    dispatcher::get_default(|dispatch| {
        if let Some(lines) = dispatch.downcast_ref::<Lines>() {
            lines.own(level, request_id, message, failure.map(RenderedError::members));
            return true;
        }
        if dispatch.is::<NoSubscriber>() {
            let lines = starting().clone();
            let lines = lines.as_ref().and_then(|lines| lines.downcast_ref::<Lines>());
            lines.inspect(|lines| lines.own(level, request_id, message, failure.map(RenderedError::members)));
            return lines.is_some();
        }
        forward::tell(dispatch, level, request_id, message);
        true
    })
}

fn starting() -> MutexGuard<'static, Option<Dispatch>> {
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}
