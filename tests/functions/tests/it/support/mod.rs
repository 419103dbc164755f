//! A function's process, and the clients and emulators that run functions. Every wait has a timeout.

pub(crate) mod boto3;
pub(crate) mod browser;
pub(crate) mod cargo_lambda;
pub(crate) mod http_client;
pub(crate) mod local_server;
pub(crate) mod real_client;
pub(crate) mod rie;
pub(crate) mod tcp_proxy;

pub(crate) use http_client::{OpenRequest, Response, send};

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub(crate) const PROBE: &str = env!("CARGO_BIN_EXE_probe");

/// Timeout of all waits, far longer than any of them should take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// A running process, killed on drop.
pub(crate) struct Process {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// Exit status of a process, and the output that has not been read yet.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Process {
    pub(crate) fn start(program: &str, args: &[&str], env: &[(&str, &OsStr)]) -> Process {
        let mut command = command(program, args);
        command.envs(env.iter().copied());
        Process::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Process { child, stdout, stderr }
    }

    /// Starts a process whose stderr is its stdout, so that lines are in the order of writing.
    pub(crate) fn start_with_one_output(mut command: Command) -> Process {
        let (reader, writer) = std::io::pipe().unwrap();
        let child = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        // The command holds a writing end of the pipe, which must be closed here.
        drop(command);
        Process { child, stdout: lines(reader), stderr: lines(std::io::empty()) }
    }

    pub(crate) fn stdout_line(&self) -> String {
        self.stdout.recv_timeout(TIMEOUT).expect("a line on stdout")
    }

    /// Waits for this line on stdout.
    pub(crate) fn wait_for_stdout(&self, line: &str) {
        while self.stdout.recv_timeout(TIMEOUT).unwrap_or_else(|_| panic!("no {line:?} on stdout")) != line {}
    }

    /// Waits for this line on stderr.
    pub(crate) fn wait_for_stderr(&self, line: &str) {
        while self.stderr.recv_timeout(TIMEOUT).unwrap_or_else(|_| panic!("no {line:?} on stderr")) != line {}
    }

    /// Writes the entire standard input.
    pub(crate) fn stdin(&mut self, input: &[u8]) {
        let mut stdin = self.child.stdin.take().expect("stdin is written once");
        // It is not a failure if the process does not read stdin.
        _ = stdin.write_all(input);
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Sends SIGTERM when it is handled. A function without `shutdown` installs the handler when it first waits, after
    /// sending `/next`. On systems other than Linux, this waits for a fixed time.
    pub(crate) fn terminate(&self) {
        const SIGTERM: u64 = 15;
        let status = format!("/proc/{}/status", self.id());
        let begin = Instant::now();
        while begin.elapsed() < TIMEOUT {
            let Ok(status) = std::fs::read_to_string(&status) else {
                std::thread::sleep(Duration::from_millis(100));
                break;
            };
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("proc(5) has it");
            if u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (SIGTERM - 1)) != 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.signal("-TERM");
    }

    /// Waits until the process has exited.
    pub(crate) fn ended(mut self) -> Ended {
        drop(self.child.stdin.take());
        // Both pipes are closed when the process exits, but not earlier.
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        Ended { code: self.child.wait().unwrap().code(), stdout, stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Creates a command without the Lambda variables of the test's environment.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        // Output is read to its end even without a receiver, so that the process never blocks.
        BufReader::new(from).lines().map_while(Result::ok).for_each(|line| _ = sender.send(line));
    });
    lines
}

fn rest(lines: &Receiver<String>) -> String {
    let mut text = String::new();
    loop {
        match lines.recv_timeout(TIMEOUT) {
            Ok(line) => text.extend([&line, "\n"]),
            Err(RecvTimeoutError::Disconnected) => return text,
            Err(RecvTimeoutError::Timeout) => panic!("the process does not exit; its output: {text}"),
        }
    }
}

/// Returns a path that is unique to this test and does not exist.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = std::fs::remove_file(&path);
    path
}
