//! A process that runs a function, with its own Runtime API.

use crate::cgroup::{Cgroup, Version, WHOLE_CPU_MB};
use crate::runtime_api::RuntimeApi;
use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use std::error::Error;
use std::fs;
use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// The gate: prints a line when it is ready, and becomes the program as soon as it reads one. The first argument is the
/// file for the output of the program.
const GATE: &str = r#"exec 2>"$0"; echo; read -r line; exec "$@" >&2 </dev/null"#;

/// The program with its arguments, its environment and its working directory.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub folder: PathBuf,
}

pub struct Sandbox {
    pub api: RuntimeApi,
    child: Child,
    process: Pid,
    cgroup: Option<Cgroup>,
    memory_mb: u64,
    output: NamedTempFile,
    started: Instant,
    cpu_before: Duration,
}

impl Sandbox {
    /// Starts the program. It has a whole CPU until [`Sandbox::limit`] is called.
    pub async fn start(program: &Program, memory_mb: u64, version: Option<Version>) -> Result<Self, Box<dyn Error>> {
        let api = RuntimeApi::start().await?;
        let output = NamedTempFile::new()?;
        let cgroup = version.map(Cgroup::create).transpose()?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", GATE])
            .arg(output.path())
            .args(&program.command)
            .current_dir(&program.folder)
            .env_clear()
            .envs(variables(memory_mb))
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .envs(program.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or("the gate exited")?;
        child.stdout.take().ok_or("stdout is not piped")?.read_u8().await?;
        if let Some(cgroup) = &cgroup {
            cgroup.limit(WHOLE_CPU_MB)?;
            cgroup.add(id)?;
        }
        let process = Pid::from_raw(id.try_into()?);
        let cpu_before = cpu(process)?;
        let mut gate = child.stdin.take().ok_or("stdin is not piped")?;
        let started = Instant::now();
        gate.write_all(b"\n").await?;
        Ok(Self { api, child, process, cgroup, memory_mb, output, started, cpu_before })
    }

    /// Waits until the function asks for its first event, and returns the time since the gate opened.
    pub async fn initialized(&mut self) -> Result<Duration, Box<dyn Error>> {
        let started = self.started;
        tokio::select! {
            next = self.api.next() => Ok(next? - started),
            status = self.child.wait() => Err(format!("the function exited: {}", status?).into()),
        }
    }

    /// Limits the CPU time from now on, as Lambda does after the initialization.
    pub fn limit(&self) -> Result<(), Box<dyn Error>> {
        Ok(self.cgroup.as_ref().map(|cgroup| cgroup.limit(self.memory_mb)).transpose().map(drop)?)
    }

    /// Returns the CPU time of all threads since the gate opened.
    pub fn cpu(&self) -> Result<Duration, Box<dyn Error>> {
        Ok(cpu(self.process)?.saturating_sub(self.cpu_before))
    }

    /// Returns the peak of the resident memory, in KiB.
    pub fn peak_memory_kib(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process))?;
        peak_kib(&status).ok_or_else(|| "the process has no VmHWM".into())
    }

    /// Returns the output of the program.
    pub fn output(&mut self) -> String {
        let mut text = Vec::new();
        let file = self.output.as_file_mut();
        let _ = file.rewind().and_then(|()| file.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Ends the process. It gets SIGTERM first if it has to write something, as valgrind does.
    pub async fn end(mut self, signal: Signal) -> Result<String, Box<dyn Error>> {
        kill(self.process, signal)?;
        if tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(self.output())
    }
}

fn cpu(process: Pid) -> Result<Duration, Box<dyn Error>> {
    let clock: ClockId = clock_getcpuclockid(process)?;
    Ok(clock.now()?.into())
}

fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Returns the variables that Lambda sets:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>.
fn variables(memory_mb: u64) -> Vec<(&'static str, String)> {
    let path = std::env::var("PATH").unwrap_or_default();
    let fixed = [
        ("PATH", path.as_str()),
        ("HOME", "/no/such/home"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "study"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/study"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/12/[$LATEST]5f1d0ec2a2d34c7c8e5d2f6a7b8c9d0e"),
    ];
    let mut variables = fixed.map(|(name, value)| (name, value.to_owned())).to_vec();
    variables.push(("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_mb.to_string()));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_memory_is_read_from_the_status_of_a_process() {
        assert_eq!(peak_kib("Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t   6124 kB\nVmRSS:\t 1 kB\n"), Some(6124));
        assert_eq!(peak_kib("Name:\tx\n"), None);
    }
}
