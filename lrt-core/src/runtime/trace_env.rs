//! `_X_AMZN_TRACE_ID`: the trace id of the invocation, where the AWS SDKs and X-Ray look for it.
//!
//! AWS asks runtimes to set this variable ([custom
//! runtimes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-build)). The SDKs pass
//! it on, which is how Lambda detects functions that call themselves endlessly ([recursive loop
//! detection](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html)). A process has one environment,
//! so the variable is set only if there is one worker.

/// The variable, and the value that this process has set.
#[derive(Default)]
pub(crate) struct TraceEnv {
    /// `None` if the variable must not be changed.
    #[cfg(feature = "trace-env")]
    value: Option<String>,
}

impl TraceEnv {
    /// Creates the variable of the only worker of a process, without a value unless it has one. Has to be called before the
    /// function's init, which may start threads.
    pub(crate) fn of_process() -> TraceEnv {
        TraceEnv {
            #[cfg(feature = "trace-env")]
            value: Some(variable::create()),
        }
    }

    /// Sets the variable for the next invocation. It is empty if that has no trace id.
    #[cfg_attr(not(feature = "trace-env"), allow(unused_variables), inline)]
    pub(crate) fn set(&mut self, trace_id: Option<&str>) {
        #[cfg(feature = "trace-env")]
        if let Some(value) = &mut self.value {
            // `set_var` would panic.
            let trace_id = trace_id.filter(|id| !id.contains('\0')).unwrap_or_default();
            if value != trace_id {
                variable::replace(trace_id);
                trace_id.clone_into(value);
            }
        }
    }
}

/// Writes the environment of the process.
///
/// # Soundness
///
/// `set_var` must not run while another thread accesses the environment without the lock of `std::env`, as C code does:
/// `getenv`, also within `getaddrinfo`. It may find the list of variables freed, because the C library moves the list to
/// add a variable. For that reason, the variable is added before the function's init, when the function has no threads, and
/// its value is only replaced afterwards:
///
/// - glibc replaces a value by storing one pointer. It neither moves the list nor frees the old value, so a concurrent
///   `getenv` returns either value.
/// - musl stores one pointer as well, but frees the old value. C code that reads this variable on another thread, between
///   two invocations, may read freed memory.
/// - A variable that the function has removed is not added again.
///
/// C code that writes the environment on another thread is a data race with every reader, with or without this feature. So
/// the feature `trace-env` must not be enabled in a function with such code, in a function for musl whose C code reads
/// the variable on other threads, or in a program that starts threads with C code before it runs the function.
#[cfg(feature = "trace-env")]
#[allow(unsafe_code)]
mod variable {
    const NAME: &str = "_X_AMZN_TRACE_ID";

    /// Adds the variable without a value if it does not exist, and returns its value.
    pub(super) fn create() -> String {
        if std::env::var_os(NAME).is_none() {
            // SAFETY: the function has not started any threads yet.
            unsafe { std::env::set_var(NAME, "") };
        }
        std::env::var(NAME).unwrap_or_default()
    }

    /// Replaces the value of the variable.
    pub(super) fn replace(value: &str) {
        if std::env::var_os(NAME).is_some() {
            // SAFETY: the variable exists, so that the list of variables is not moved.
            unsafe { std::env::set_var(NAME, value) };
        }
    }
}
