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
    /// # Soundness
    ///
    /// `set_var` must not run while another thread reads or writes the environment without `std::env`, whose functions
    /// all take the same lock. It is called on the thread of the loop, between two invocations: at that time, neither
    /// the function nor a task is polled, since the runtime of [`run`](crate::run) has no other thread. The following
    /// code may run at the same time:
    ///
    /// - Rust code on other threads, such as blocking work that an invocation did not wait for, threads that init has
    ///   started, or tasks on a multi-threaded runtime on which [`serve`](crate::serve) is called. It accesses the
    ///   environment through `std::env`, so the lock covers it.
    /// - C code on other threads that calls `getenv`, such as `getaddrinfo` in a lookup that was abandoned. No lock
    ///   covers it. To replace a value, glibc stores one pointer and never frees the old value, so a reader sees either
    ///   the old value or the new one. glibc reallocates the list of variables when a variable is added: at the first
    ///   event, where the old list was allocated by the kernel and is not freed, and after an event without a trace,
    ///   which Lambda does not send. musl frees the old value, so a concurrent reader of this variable may read freed
    ///   memory.
    /// - C code on other threads that writes the environment. It is a data race with every reader, with or without this
    ///   feature.
    ///
    /// If the last two cases can occur in a function, it must not enable the feature `trace-env`.
    #[allow(unsafe_code)]
    pub(super) fn set(trace_id: Option<&str>) {
        // SAFETY: see above. A trace id that contains NUL is treated as missing, since `set_var` would panic.
        unsafe {
            match trace_id.filter(|id| !id.contains('\0')) {
                Some(id) => std::env::set_var(NAME, id),
                None => std::env::remove_var(NAME),
            }
        }
    }
}
