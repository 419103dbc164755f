//! Installs lrt's subscriber, unless the function installs one.

use super::log_crate::{self, with_lines};
use super::settings::Settings;
use super::subscriber::LambdaSubscriber;
use super::{Level, forward};
use crate::error::RenderedError;
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing_core::dispatcher::{self, DefaultGuard, Dispatch};
use tracing_core::subscriber::NoSubscriber;

thread_local! {
    /// During the function's init, lrt's subscriber is installed for this thread only.
    static STARTED: RefCell<Option<(DefaultGuard, Dispatch)>> = const { RefCell::new(None) };
}

/// The same subscriber, for messages on other threads during init. These are panics.
static STARTING: Mutex<Option<Dispatch>> = Mutex::new(None);

/// True if panics are logged by lrt, and not by Rust's default hook.
static REPORTS_PANICS: AtomicBool = AtomicBool::new(false);

/// Installs lrt's subscriber for this thread, configured by the environment, until the function's init has run.
/// Afterwards, it becomes the global subscriber, unless there is another one. [`run`](crate::run) calls this as well.
///
/// Init may install a global subscriber, which would fail if there already were one. A thread-local subscriber does not
/// interfere.
pub fn start() {
    if !dispatcher::get_default(|dispatch| dispatch.is::<NoSubscriber>()) {
        return;
    }
    let settings = Settings::read();
    let warnings: Vec<String> = settings.warnings.clone();
    let subscriber = Dispatch::new(LambdaSubscriber::from_settings(settings, super::write));
    *starting() = Some(subscriber.clone());
    STARTED.set(Some((dispatcher::set_default(&subscriber), subscriber)));
    warnings.iter().for_each(|warning| super::warn("", format_args!("{warning}")));
    // With a backtrace, Rust's default hook writes the panic.
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        REPORTS_PANICS.store(true, Ordering::Relaxed);
    }
}

/// Installs lrt's subscriber for all threads, unless init has installed one.
pub(crate) fn install_global() {
    let Some((guard, subscriber)) = STARTED.take() else { return };
    drop(guard);
    *starting() = None;
    if dispatcher::set_global_default(subscriber).is_err() {
        // Callsites have cached the interest of lrt's subscriber, which is dropped.
        tracing_core::callsite::rebuild_interest_cache();
    }
    // `None` if init has installed a subscriber without the lines of lrt.
    let max_level = dispatcher::get_default(|dispatch| with_lines(dispatch, LambdaSubscriber::max_level));
    // The crate `log` has one logger for the process. A logger installed by init wins here as well.
    if let Some(max_level) = max_level
        && log::set_logger(&log_crate::LogBridge).is_ok()
    {
        log::set_max_level(log_crate::max_level(max_level));
    }
}

/// Returns true if panics are logged by lrt, and not by Rust's default hook.
pub(crate) fn reports_panics() -> bool {
    REPORTS_PANICS.load(Ordering::Relaxed)
}

/// Logs a message with the current subscriber. Returns false without one.
pub(super) fn log(level: Level, request_id: &str, message: fmt::Arguments<'_>, error: Option<&RenderedError>) -> bool {
    dispatcher::get_default(|dispatch| {
        with_lines(dispatch, |lines| {
            lines.write_own(level, request_id, message, error.map(RenderedError::members));
        });
        // Other layers next to the lines receive the message as an event.
        if dispatch.is::<LambdaSubscriber>() {
            return true;
        }
        if dispatch.is::<NoSubscriber>() {
            let subscriber = starting().clone();
            let subscriber = subscriber.as_ref().and_then(|subscriber| subscriber.downcast_ref::<LambdaSubscriber>());
            subscriber.inspect(|subscriber| {
                subscriber.write_own(level, request_id, message, error.map(RenderedError::members))
            });
            return subscriber.is_some();
        }
        forward::forward(dispatch, level, request_id, message);
        true
    })
}

fn starting() -> MutexGuard<'static, Option<Dispatch>> {
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}
