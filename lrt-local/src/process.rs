//! A function's process: this executable again, started as Lambda starts a `bootstrap`.

use super::lambda::function_info;
use super::output::{self, Output};
use super::parent_watchdog;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// std can either wait for a process or be able to kill it; so while somebody waits, it is asked this often.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// A function, as far as its processes go.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) function: String,
    pub(super) executable: PathBuf,
}

/// How many workers a function has on Managed Instances.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

/// Killed when it is dropped.
pub(super) struct Process {
    child: Child,
    pub(super) output: Output,
}

impl Process {
    /// Starts one that asks the Runtime API at this address for events.
    pub(super) fn start(program: &Program, api: &str) -> io::Result<Process> {
        let (output, writer) = output::pipe()?;
        let mut command = Command::new(&program.executable);
        command.stdout(writer.try_clone()?).stderr(writer);
        command
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("_HANDLER", &program.function)
            .env(parent_watchdog::VARIABLE, api);
        // It has one event at a time, which each of several workers would be handed. What is odd is for the function to tell.
        if std::env::var(MAX_CONCURRENCY).is_ok_and(|count| count.parse::<u64>().is_ok()) {
            command.env_remove(MAX_CONCURRENCY);
        }
        for (name, value) in variables(program) {
            // What the user has set is what they want.
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        // `command` holds the pipe's other end, which has to close with the process's.
        Ok(Process { child: command.spawn()?, output })
    }

    /// Waits until it has ended, and says how: as Lambda does.
    pub(super) async fn ended(&mut self) -> String {
        loop {
            if let Some(how) = self.has_ended() {
                return how;
            }
            sleep(ASK_AGAIN).await;
        }
    }

    /// How it ended, if it has.
    pub(super) fn has_ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(status) => status.map(describe),
            Err(error) => Some(format!("Runtime exited, and nobody knows how: {error}")),
        }
    }

    /// Asks it to end: SIGTERM, as Lambda does it.
    pub(super) fn terminate(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process};
            // Until it was waited for, its id is nobody else's. One that has ended needs no signal.
            if self.has_ended().is_none() {
                _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            }
        }
        #[cfg(not(unix))]
        self.kill();
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) {
        // One that has ended already is no error.
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// The most memory that it has had, in MB, where the system tells.
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

/// What Lambda tells a process beside its own address
/// ([list](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime)).
fn variables(program: &Program) -> Vec<(&'static str, String)> {
    let info = function_info(&program.function, SystemTime::now());
    let mut variables = vec![
        ("AWS_LAMBDA_FUNCTION_NAME", info.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", info.version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", info.memory_mb.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", info.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", info.log_stream),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ];
    if let Some(folder) = program.executable.parent() {
        variables.push(("LAMBDA_TASK_ROOT", folder.display().to_string()));
    }
    if !has_region() {
        variables.extend(["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, "us-east-1".to_owned())));
    }
    variables
}

/// Whether the user has a region of their own, which a variable would hide.
fn has_region() -> bool {
    let is_set = |name| std::env::var_os(name).is_some();
    if is_set("AWS_REGION") || is_set("AWS_DEFAULT_REGION") || is_set("AWS_PROFILE") {
        return true;
    }
    let file = match (std::env::var_os("AWS_CONFIG_FILE"), std::env::home_dir()) {
        (Some(file), _) => PathBuf::from(file),
        (None, Some(home)) => home.join(".aws/config"),
        (None, None) => return false,
    };
    names_region(&file)
}

fn names_region(config: &Path) -> bool {
    let text = std::fs::read_to_string(config).unwrap_or_default();
    text.lines().any(|line| line.split_once('=').is_some_and(|(name, _)| name.trim() == "region"))
}

/// How a process ended, in the words of Lambda's `Runtime.ExitError`.
fn describe(status: ExitStatus) -> String {
    let how = match status.code() {
        Some(0) => return "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("exit status {code}"),
        None => signal(status),
    };
    format!("Runtime exited with error: {how}")
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
    fn the_end_of_a_process_is_told_as_lambda_tells_it() {
        use std::os::unix::process::ExitStatusExt;
        for (raw, told) in [
            (0, "Runtime exited without providing a reason"),
            (0x0100, "Runtime exited with error: exit status 1"),
            (0x6500, "Runtime exited with error: exit status 101"),
            (9, "Runtime exited with error: signal: killed"),
            (6 | 0x80, "Runtime exited with error: signal: aborted"),
            (3, "Runtime exited with error: signal: signal 3"),
        ] {
            assert_eq!(describe(ExitStatus::from_raw(raw)), told);
        }
    }

    #[test]
    fn a_region_of_the_users_own_is_found() {
        let file = std::env::temp_dir().join(format!("lrt-aws-config-{}", std::process::id()));
        for (text, found) in
            [("[default]\nregion = eu-west-1\n", true), ("[default]\noutput=json\nsso_region=x", false)]
        {
            std::fs::write(&file, text).unwrap();
            assert_eq!(names_region(&file), found);
        }
        std::fs::remove_file(&file).unwrap();
        assert!(!names_region(&file));
    }
}
