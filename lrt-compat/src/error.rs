//! Errors and panics in the form of lambda_runtime.

use lambda_runtime::Diagnostic;
use lrt::{BoxError, Error, ErrorReport};
use lrt_core::log::{self, Level};
use std::any::{Any, type_name};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Converts an error to a report with the same body as in lambda_runtime: type and message.
pub(crate) fn report(diagnostic: Diagnostic) -> ErrorReport {
    ErrorReport::from(Error::named(diagnostic.error_type, diagnostic.error_message)).without_stack_trace()
}

/// Logs an error as `text`, because a `Diagnostic` does not contain causes, and converts it to a report.
pub(crate) fn fail(request_id: &str, diagnostic: Diagnostic, text: &str) -> BoxError {
    let report = report(diagnostic);
    log::error_report(Level::Error, request_id, format_args!("{text}"), &report.render());
    report.already_logged().into()
}

/// A panic of the function.
pub(crate) struct Panicked {
    /// The message, if it is text.
    message: Option<String>,
    /// The panic with its location.
    report: ErrorReport,
}

impl Panicked {
    /// Returns the error that lambda_runtime reports.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            error_type: type_name::<&Box<dyn Any + Send>>().to_owned(),
            error_message: match &self.message {
                Some(message) => format!("Lambda panicked: {message}"),
                None => "Lambda panicked".to_owned(),
            },
        }
    }

    /// Returns message and location for the log.
    pub(crate) fn text(&self) -> String {
        self.report.text()
    }
}

/// Runs `f` and catches a panic.
pub(crate) fn catch_panic<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    let mut message = None;
    // lrt's function adds the location, and the inner one returns the message without it.
    let caught = lrt_core::catch_panic(|| {
        catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
            message = text_of(&*payload);
            resume_unwind(payload)
        })
    });
    caught.map_err(|report| Panicked { message, report })
}

fn text_of(payload: &(dyn Any + Send)) -> Option<String> {
    match payload.downcast_ref::<&str>() {
        Some(text) => Some((*text).to_owned()),
        None => payload.downcast_ref::<String>().cloned(),
    }
}
