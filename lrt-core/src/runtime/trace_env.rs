//! `_X_AMZN_TRACE_ID`: the trace id of the invocation, where the AWS SDKs and X-Ray look for it.
//!
//! AWS asks runtimes to set this variable ([custom
//! runtimes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-build)). The SDKs pass
//! it on, which is how Lambda detects functions that call themselves endlessly ([recursive loop
//! detection](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html)). A process has one environment,
//! so the variable is set only if there is one worker.

/// The value that this process has set.
#[derive(Default)]
pub(crate) struct TraceEnv {
    /// `None` if the variable must not be changed.
    #[cfg(feature = "trace-env")]
    set: Option<Option<String>>,
}

impl TraceEnv {
    /// Creates the variable of the only worker of a process.
    pub(crate) fn of_process() -> TraceEnv {
        TraceEnv {
            #[cfg(feature = "trace-env")]
            set: Some(std::env::var(variable::NAME).ok()),
        }
    }

    /// Sets the variable for the next invocation, or removes it if that has no trace id.
    #[cfg_attr(not(feature = "trace-env"), allow(unused_variables), inline)]
    pub(crate) fn set(&mut self, trace_id: Option<&str>) {
        #[cfg(feature = "trace-env")]
        if let Some(set) = &mut self.set
            && set.as_deref() != trace_id
        {
            variable::set(trace_id);
            *set = trace_id.map(ToOwned::to_owned);
        }
    }
}

#[cfg(feature = "trace-env")]
mod variable {
    pub(super) const NAME: &str = "_X_AMZN_TRACE_ID";

    /// Writes the environment of the process.
    ///
    /// # Why it is sound, and how far
    ///
    /// `set_var` must not run while another thread reads or writes the environment other than through `std::env`, whose
    /// functions all take one lock. It runs on the thread of the loop, between two invocations: nothing of a function is
    /// polled then, nor any task, as the runtime has but this thread. What else may run is
    ///
    /// - Rust code on other threads (blocking work that an invocation has left behind, threads that init has started): it
    ///   reads the environment through `std::env`, and is covered by the lock.
    /// - C code on other threads that calls `getenv`, such as `getaddrinfo` for a lookup that was left behind. No lock covers
    ///   that. glibc replaces the value of a variable that is there by the store of one pointer, and never frees an old
    ///   value, so such a reader sees the old or the new one; the list itself is moved when a variable is added, which
    ///   is done with the first event (the old list stays, as it was the kernel's) and after an event without a trace, which
    ///   Lambda does not send. musl frees the old value: there a reader that is at this very variable may read freed memory.
    /// - C code that writes the environment on another thread: it is a data race with every reader, with or without this feature.
    ///
    /// A function that cannot live with the last two goes without the feature `trace-env`.
    #[allow(unsafe_code)]
    pub(super) fn set(trace_id: Option<&str>) {
        // SAFETY: see above. What cannot be a value (a NUL in it) is taken for none: `set_var` would panic.
        unsafe {
            match trace_id.filter(|id| !id.contains('\0')) {
                Some(id) => std::env::set_var(NAME, id),
                None => std::env::remove_var(NAME),
            }
        }
    }
}
