//! The Runtime API for a function that runs in this process, and the description of a local function.

use super::variables;
use lrt_core::__private::write_rfc3339;
use lrt_core::{Environment, FunctionInfo};
use lrt_testing::RuntimeApi;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::SystemTime;
use tokio::runtime::{Builder, Runtime};

/// Maximum size of an event: 6 MiB and 100 bytes, as for replies.
pub(super) const MAX_PAYLOAD_BYTES: usize = lrt_core::MAX_REPLY_BYTES;

/// Version of a local function.
pub(super) const VERSION: &str = "$LATEST";

/// Lambda's default memory size.
pub(super) const MEMORY_MB: u32 = 128;

/// A Runtime API and its async runtime.
pub(super) struct Lambda {
    runtime: Runtime,
    api: RuntimeApi,
}

impl Lambda {
    pub(super) fn start() -> io::Result<Lambda> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let api = runtime.block_on(RuntimeApi::builder().record_requests(false).require_secret().start())?;
        Ok(Lambda { runtime, api })
    }

    pub(super) fn api(&self) -> &RuntimeApi {
        &self.api
    }

    /// Runs `function` on this thread and `caller` on another thread, so that a function that blocks its thread does
    /// not block anything else. The function finds the variables that it has in Lambda.
    ///
    /// The Runtime API is stopped when `function` has returned; after that, `caller` must complete.
    pub(super) fn run<T: Send>(
        self,
        name: &str,
        function: impl FnOnce(Environment) -> ExitCode,
        caller: impl Future<Output = T> + Send,
    ) -> (ExitCode, T) {
        let Lambda { runtime, api } = self;
        let info = function_info(name, SystemTime::now());
        variables::set_in_process(info.clone());
        let environment = Environment::new(api.address(), info);
        let environment = environment.expect("an IP address, a port and a path are an address");
        thread::scope(|scope| {
            // The async runtime is returned, since dropping it closes the connection of a function that is about to stop.
            let caller = scope.spawn(move || (runtime.block_on(caller), runtime));
            let code = function(environment);
            api.stop();
            let (result, _runtime) = caller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (code, result)
        })
    }
}

pub(super) fn function_info(name: &str, now: SystemTime) -> FunctionInfo {
    let mut function = FunctionInfo::default();
    function.name = name.to_owned();
    function.version = VERSION.to_owned();
    function.memory_mb = MEMORY_MB;
    function.log_group = format!("/aws/lambda/{name}");
    let mut date = String::new();
    write_rfc3339(&mut date, now);
    date.truncate("1970-01-01".len());
    // Each `RandomState` has different keys.
    let random = || RandomState::new().hash_one(0);
    function.log_stream = format!("{}/[{VERSION}]{:016x}{:016x}", date.replace('-', "/"), random(), random());
    function
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_stream_has_the_format_of_lambda() {
        let function = function_info("process", SystemTime::UNIX_EPOCH);
        assert_eq!(function.log_group, "/aws/lambda/process");
        let id = function.log_stream.strip_prefix("1970/01/01/[$LATEST]");
        assert!(id.is_some_and(|id| id.len() == 32), "{}", function.log_stream);
    }
}
