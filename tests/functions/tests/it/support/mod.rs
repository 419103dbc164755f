//! A function's process, an HTTP client, and the emulators that run functions. Every wait has a timeout.

pub(crate) mod boto3;
pub(crate) mod browser;
pub(crate) mod cargo_lambda;
pub(crate) mod local_server;
pub(crate) mod real_client;
pub(crate) mod rie;
pub(crate) mod tcp_proxy;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
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

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// Body as text, with replacement characters for invalid UTF-8.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Returns all values of a header, in order.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| &**value).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("invalid JSON: {self:?}"))
    }
}

/// Sends a request on a new connection.
pub(crate) fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &(impl AsRef<[u8]> + ?Sized),
) -> Response {
    let mut request = OpenRequest::begin(address, method, path, headers, body.as_ref().len());
    request.write(body);
    request.response()
}

/// A request that is sent in parts.
pub(crate) struct OpenRequest(BufReader<TcpStream>);

impl OpenRequest {
    pub(crate) fn begin(
        address: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body_bytes: usize,
    ) -> OpenRequest {
        let mut head = format!("{method} {path} HTTP/1.1\r\nContent-Length: {body_bytes}\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {address}\r\n"));
        }
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        let mut request = OpenRequest::open(address);
        request.write(format!("{head}\r\n"));
        request
    }

    /// Opens a connection without sending anything.
    fn open(address: &str) -> OpenRequest {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.set_write_timeout(Some(TIMEOUT)).unwrap();
        OpenRequest(BufReader::new(stream))
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Waits until the server requests the body, which means that it has received the head.
    pub(crate) fn wait_for_continue(&mut self) {
        assert_eq!((self.line(), self.line()), ("HTTP/1.1 100 Continue".to_owned(), String::new()));
    }

    /// Reads the response until the connection is closed.
    pub(crate) fn response(mut self) -> Response {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: String::new(), bytes: Vec::new() };
        response.bytes = match response.header("Transfer-Encoding") {
            Some("chunked") => self.chunks(),
            // Some servers do not close the connection, although the request asks for it.
            _ => self.bytes(response.header("Content-Length").map_or(usize::MAX, |length| length.parse().unwrap())),
        };
        response.body = String::from_utf8_lossy(&response.bytes).into_owned();
        response
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).unwrap();
            body.extend(self.bytes(size));
            self.line();
            if size == 0 {
                return body;
            }
        }
    }

    /// Reads this number of bytes, or fewer at the end of the connection.
    fn bytes(&mut self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        (&mut self.0).take(limit as u64).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
