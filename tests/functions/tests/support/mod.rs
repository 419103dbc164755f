//! A function's process, a client that talks HTTP to it, and the emulators that run it. Every wait has an end.

// Each of the test binaries has this module to itself, and uses a part of it.
#![allow(dead_code)]

pub(crate) mod boto3;
pub(crate) mod browser;
pub(crate) mod cargo_lambda;
pub(crate) mod real_client;
pub(crate) mod rie;
pub(crate) mod served;
pub(crate) mod tap;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub(crate) const PROBE: &str = env!("CARGO_BIN_EXE_probe");

/// Far beyond what anything here takes: a wait that is this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running process; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// How a process ended, and what it had printed since the last look.
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

    /// Both of its outputs are one, called stdout here: what it and its children write stays in the order of writing.
    pub(crate) fn start_with_one_output(mut command: Command) -> Process {
        let (reader, writer) = std::io::pipe().unwrap();
        let child = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        // It holds the pipe's other end, which must close with the child's.
        drop(command);
        Process { child, stdout: lines(reader), stderr: lines(std::io::empty()) }
    }

    pub(crate) fn stdout_line(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("a line on stdout")
    }

    /// Waits for this line on stdout.
    pub(crate) fn wait_for_stdout(&self, line: &str) {
        while self.stdout.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {line:?} on stdout")) != line {}
    }

    /// Waits for this line on stderr.
    pub(crate) fn wait_for_stderr(&self, line: &str) {
        while self.stderr.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {line:?} on stderr")) != line {}
    }

    /// Writes all of its standard input.
    pub(crate) fn stdin(&mut self, input: &[u8]) {
        let mut stdin = self.child.stdin.take().expect("stdin is written once");
        // A process that does not read it is no failure.
        _ = stdin.write_all(input);
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Sends SIGTERM once it is handled. A function without a shutdown comes to that when it has to wait, after its `/next`
    /// was sent; where the system does not tell, there is only time to wait for.
    pub(crate) fn terminate(&self) {
        const SIGTERM: u64 = 15;
        let status = format!("/proc/{}/status", self.id());
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
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

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> Ended {
        drop(self.child.stdin.take());
        // Both pipes are closed when it ends, and not before.
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

/// A command that sees nothing of the Lambda, or the lack of it, that the tests themselves run in.
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
        // Read to the end even if nobody listens, so that the process is never held up.
        BufReader::new(from).lines().map_while(Result::ok).for_each(|line| _ = sender.send(line));
    });
    lines
}

fn rest(lines: &Receiver<String>) -> String {
    let mut text = String::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => text.extend([&line, "\n"]),
            Err(RecvTimeoutError::Disconnected) => return text,
            Err(RecvTimeoutError::Timeout) => panic!("the process does not end; it has said: {text}"),
        }
    }
}

/// A path of this test alone, with nothing there.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = std::fs::remove_file(&path);
    path
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The body as text; what is no UTF-8 in it is not shown as it is.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// All values of this name, in their order.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| &**value).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// One request on a connection of its own.
pub(crate) fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &(impl AsRef<[u8]> + ?Sized),
) -> Response {
    let mut request = Request::begin(address, method, path, headers, body.as_ref().len());
    request.write(body);
    request.response()
}

/// A request that is sent piece by piece.
pub(crate) struct Request(BufReader<TcpStream>);

impl Request {
    pub(crate) fn begin(
        address: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body_bytes: usize,
    ) -> Request {
        let mut head = format!("{method} {path} HTTP/1.1\r\nContent-Length: {body_bytes}\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {address}\r\n"));
        }
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        let mut request = Request::open(address);
        request.write(format!("{head}\r\n"));
        request
    }

    /// A connection on which nothing was written yet.
    fn open(address: &str) -> Request {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Request(BufReader::new(stream))
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Waits until the server asks for the body: the request has reached it then.
    pub(crate) fn wait_for_continue(&mut self) {
        assert_eq!((self.line(), self.line()), ("HTTP/1.1 100 Continue".to_owned(), String::new()));
    }

    /// Reads the response, which ends with the connection.
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
            // Some do not close the connection, though they are asked to.
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

    /// So many bytes, or as many as there are.
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
