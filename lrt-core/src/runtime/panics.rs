//! Panics of functions become errors of their invocation.

#[cfg(feature = "tracing")]
use super::panic_hook;
use crate::error::ErrorReport;
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Where the last panic on this thread happened: `catch_unwind` hands out only what was thrown.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes the location of each panic from now on, and leaves the rest to the hook that was there before.
pub(crate) fn note_locations() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            LOCATION.set(panic.location().map(|location| format!("{location}")));
            #[cfg(feature = "tracing")]
            if crate::log::tells_panics() {
                return panic_hook::noted(panic);
            }
            previous(panic);
        }));
    });
}

/// Runs `f`; a panic in it becomes a report, `Function.Panic`.
///
/// What `f` touched should not be used again after a panic: an invocation's future is dropped.
///
/// ```
/// assert_eq!(lrt_core::catch_panic(|| 1).unwrap(), 1);
/// assert_eq!(lrt_core::catch_panic(|| panic!("no stock")).unwrap_err().name(), "Function.Panic");
/// ```
///
/// # Errors
///
/// The panic.
pub fn catch_panic<R>(f: impl FnOnce() -> R) -> Result<R, ErrorReport> {
    #[cfg(feature = "tracing")]
    let _within = panic_hook::Within::enter();
    catch_unwind(AssertUnwindSafe(f)).map_err(describe)
}

/// `Function.Panic`, with the message and the location.
pub(crate) fn describe(thrown: Box<dyn Any + Send>) -> ErrorReport {
    #[cfg(feature = "tracing")]
    panic_hook::told();
    let message = message(&*thrown, LOCATION.take());
    // What was thrown is the function's own value, and its `drop` may panic as well.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(thrown))) {
        std::mem::forget(second);
    }
    ErrorReport::told("Function.Panic", message)
}

pub(super) fn message(thrown: &dyn Any, location: Option<String>) -> String {
    let message = match thrown.downcast_ref::<&'static str>() {
        Some(message) => message,
        None => thrown.downcast_ref::<String>().map_or("a value that is no text", String::as_str),
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
    fn a_panic_has_its_message_and_location() {
        note_locations();
        let report = catch_panic(|| panic!("no {}", "stock")).unwrap_err();
        assert_eq!(report.name(), "Function.Panic");
        let text = report.to_string();
        assert!(text.starts_with("panicked at lrt-core/src/runtime/panics.rs:"), "{text}");
        assert!(text.ends_with(": no stock"), "{text}");
    }

    #[test]
    fn a_thrown_value_that_is_no_text_and_panics_when_dropped_is_survived() {
        struct Bad;
        impl Drop for Bad {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let report = catch_panic(|| std::panic::panic_any(Bad)).unwrap_err();
        assert!(report.to_string().ends_with("a value that is no text"), "{report}");
    }
}
