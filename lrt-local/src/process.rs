//! A process of a function: this executable, started as Lambda starts a `bootstrap`.

use super::lambda::function_info;
use super::output::{self, Output};
use super::parent_watchdog;
use super::spans;
use super::variables;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// Interval at which the exit status is polled: std's `Child` cannot be waited for and killed at the same time.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Number of attempts to start an executable that is being replaced, and the pause between them.
const START_ATTEMPTS: u32 = 40;
const START_INTERVAL: Duration = Duration::from_millis(50);

/// Number of workers on Managed Instances.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

/// The executable of a function.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) function: String,
    pub(super) executable: PathBuf,
    /// The URL that accepts the process's spans.
    pub(super) spans_url: String,
}

/// Identifies a build of an executable. Cargo writes a new file for each build.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Build {
    modified: SystemTime,
    size: u64,
}

impl Program {
    /// Returns the current build; `None` while the file is being replaced.
    pub(super) fn build(&self) -> Option<Build> {
        let file = self.executable.metadata().ok()?;
        Some(Build { modified: file.modified().ok()?, size: file.len() })
    }
}

/// A process, which is killed on drop.
pub(super) struct Process {
    child: Child,
    pub(super) output: Output,
}

impl Process {
    /// Starts a process that requests its events from the Runtime API at this address.
    pub(super) async fn start(program: &Program, api: &str) -> io::Result<Process> {
        let (output, writer) = output::pipe()?;
        let mut command = Command::new(&program.executable);
        command.stdout(writer.try_clone()?).stderr(writer);
        command.env("AWS_LAMBDA_RUNTIME_API", api);
        command.env(parent_watchdog::VARIABLE, api);
        // An environment handles one event at a time, but each of several workers would request one. An invalid value
        // is kept, so that the function reports it.
        if std::env::var(MAX_CONCURRENCY).is_ok_and(|count| count.parse::<u64>().is_ok()) {
            command.env_remove(MAX_CONCURRENCY);
        }
        let function = function_info(&program.function, SystemTime::now());
        let variables = variables::of_function(function, program.executable.parent());
        for (name, value) in variables.into_iter().chain([(spans::VARIABLE, program.spans_url.clone())]) {
            // The user's own settings take precedence, but the process must run this function.
            if name == variables::HANDLER || !variables::is_set(name) {
                command.env(name, value);
            }
        }
        // `command` holds writing ends of the pipe, which must be closed so that only the process keeps it open.
        Ok(Process { child: spawn(&mut command).await?, output })
    }

    /// Waits for the process to exit and returns Lambda's description of the exit status.
    pub(super) async fn exit_status(&mut self) -> String {
        loop {
            if let Some(status) = self.try_exit_status() {
                return status;
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Returns Lambda's description of the exit status, if the process has exited.
    pub(super) fn try_exit_status(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(status) => status.map(describe),
            Err(error) => Some(format!("Runtime exited, failed to read exit status: {error}")),
        }
    }

    /// Sends SIGTERM, as Lambda does.
    pub(super) fn terminate(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process};
            // The id is not reused before the process has been waited for, which `try_exit_status` does.
            if self.try_exit_status().is_none() {
                _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            }
        }
        #[cfg(not(unix))]
        self.kill();
    }

    pub(super) fn kill(&mut self) {
        // This only fails if the process has already exited.
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// Returns the peak memory in MB, on Linux.
    pub(super) fn max_memory_mb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.div_ceil(1024))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Spawns the process. For a moment, an executable that has just been built may be missing or still open for writing.
async fn spawn(command: &mut Command) -> io::Result<Child> {
    let mut attempt = 1;
    loop {
        match command.spawn() {
            Err(error)
                if attempt < START_ATTEMPTS
                    && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ExecutableFileBusy) =>
            {
                attempt += 1;
                sleep(START_INTERVAL).await;
            }
            result => return result,
        }
    }
}

/// Returns the message of Lambda's `Runtime.ExitError`.
fn describe(status: ExitStatus) -> String {
    let status = match status.code() {
        Some(0) => return "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("exit status {code}"),
        None => signal(status),
    };
    format!("Runtime exited with error: {status}")
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(4) => "signal: illegal instruction".to_owned(),
        Some(6) => "signal: aborted".to_owned(),
        Some(9) => "signal: killed".to_owned(),
        Some(11) => "signal: segmentation fault".to_owned(),
        Some(15) => "signal: terminated".to_owned(),
        Some(other) => format!("signal: signal {other}"),
        None => status.to_string(),
    }
}

#[cfg(not(unix))]
fn signal(status: ExitStatus) -> String {
    status.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn exit_status_is_described_as_in_lambda() {
        use std::os::unix::process::ExitStatusExt;
        for (raw, description) in [
            (0, "Runtime exited without providing a reason"),
            (0x0100, "Runtime exited with error: exit status 1"),
            (0x6500, "Runtime exited with error: exit status 101"),
            (9, "Runtime exited with error: signal: killed"),
            (6 | 0x80, "Runtime exited with error: signal: aborted"),
            (3, "Runtime exited with error: signal: signal 3"),
        ] {
            assert_eq!(describe(ExitStatus::from_raw(raw)), description);
        }
    }

    #[test]
    fn build_changes_with_the_file() {
        let executable = std::env::temp_dir().join(format!("lrt-build-{}", std::process::id()));
        let program = Program { function: "f".to_owned(), executable, spans_url: String::new() };
        assert_eq!(program.build(), None);
        std::fs::write(&program.executable, "1").unwrap();
        let first = program.build();
        assert!(first.is_some() && program.build() == first);
        std::fs::write(&program.executable, "22").unwrap();
        assert_ne!(program.build(), first);
        std::fs::remove_file(&program.executable).unwrap();
    }
}
