//! Converts panics of functions to errors of their invocations.

#[cfg(feature = "tracing")]
mod hook;

use crate::error::{ErrorReport, RenderedError};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// The location of the last panic on this thread, which `catch_unwind` does not return.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Records the location of each panic from now on. The previous hook still runs.
pub(crate) fn record_locations() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            LOCATION.set(panic.location().map(|location| format!("{location}")));
            #[cfg(feature = "tracing")]
            if crate::log::reports_panics() {
                return hook::on_panic(panic);
            }
            previous(panic);
        }));
    });
}

/// Runs `f` and converts a panic to an error, `Function.Panic`.
///
/// State that `f` changed should not be used after a panic: the future of an invocation is dropped.
///
/// ```
/// assert_eq!(lrt_core::catch_panic(|| 1).unwrap(), 1);
/// assert_eq!(lrt_core::catch_panic(|| panic!("no stock")).unwrap_err().name(), "Function.Panic");
/// ```
///
/// # Errors
///
/// Returns the panic.
pub fn catch_panic<R>(f: impl FnOnce() -> R) -> Result<R, ErrorReport> {
    #[cfg(feature = "tracing")]
    let _guard = hook::CatchGuard::enter();
    catch_unwind(AssertUnwindSafe(f)).map_err(to_report)
}

/// Renders a report. Formatting and dropping the error runs the function's code, which may panic.
pub(crate) fn render(report: ErrorReport) -> RenderedError {
    catch_panic(move || report.render()).unwrap_or_else(|panic| panic.render())
}

/// Creates a `Function.Panic` with the message and the location.
pub(crate) fn to_report(payload: Box<dyn Any + Send>) -> ErrorReport {
    #[cfg(feature = "tracing")]
    hook::reported();
    let message = message(&*payload, LOCATION.take());
    // The payload belongs to the function, so its `drop` may panic as well.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    ErrorReport::with_message("Function.Panic", message)
}

fn message(payload: &dyn Any, location: Option<String>) -> String {
    let message = match payload.downcast_ref::<&'static str>() {
        Some(message) => message,
        None => payload.downcast_ref::<String>().map_or("Box<dyn Any>", String::as_str),
    };
    match location {
        Some(location) => format!("panicked at {location}: {message}"),
        None => format!("panicked: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_has_message_and_location() {
        record_locations();
        let report = catch_panic(|| panic!("no {}", "stock")).unwrap_err();
        assert_eq!(report.name(), "Function.Panic");
        let text = report.to_string();
        assert!(text.starts_with("panicked at lrt-core/src/panics/mod.rs:"), "{text}");
        assert!(text.ends_with(": no stock"), "{text}");
    }

    #[test]
    fn payload_that_panics_when_dropped_is_handled() {
        struct PanicsOnDrop;
        impl Drop for PanicsOnDrop {
            fn drop(&mut self) {
                panic!("in drop");
            }
        }
        let report = catch_panic(|| std::panic::panic_any(PanicsOnDrop)).unwrap_err();
        assert!(report.to_string().ends_with("Box<dyn Any>"), "{report}");
    }
}
