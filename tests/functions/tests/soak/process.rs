//! The process of a function.

use crate::api::Api;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The length of a request id.
const ID_LENGTH: usize = 36;

pub(crate) struct Process {
    child: Child,
    stdout: JoinHandle<Vec<String>>,
    stderr: JoinHandle<Vec<String>>,
}

/// A process that has exited.
pub(crate) struct Ended {
    /// `None` after a signal.
    pub(crate) code: Option<i32>,
    /// The lines on stdout: the records that have succeeded.
    pub(crate) done: HashSet<String>,
    pub(crate) log: String,
    lines: HashMap<String, Vec<String>>,
}

impl Ended {
    /// Returns the lines of the log that contain a request id.
    pub(crate) fn lines(&self, id: &str) -> &[String] {
        self.lines.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Returns the lines that contain each request id: an hour has too many of both to search all lines for each id.
fn lines_by_id(log: &[String]) -> HashMap<String, Vec<String>> {
    let mut lines: HashMap<String, Vec<String>> = HashMap::new();
    for line in log {
        let words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        for id in words.filter(|word| word.len() == ID_LENGTH) {
            lines.entry(id.to_owned()).or_default().push(line.clone());
        }
    }
    lines
}

impl Process {
    pub(crate) fn start(api: &Api) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_soak"))
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "soak")
            .env("AWS_LAMBDA_MAX_CONCURRENCY", api.settings.workers.to_string())
            .env("_HANDLER", api.settings.function)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Process { child, stdout, stderr }
    }

    pub(crate) fn has_exited(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn terminate(&self) {
        _ = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
    }

    /// Waits until the process has exited. Kills it after 20 s.
    pub(crate) fn ended(mut self) -> Ended {
        let begin = Instant::now();
        while !self.has_exited() {
            if begin.elapsed() > Duration::from_secs(20) {
                _ = self.child.kill();
                panic!("the process has not exited: {}", self.stderr.join().unwrap().join("\n"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        let log = self.stderr.join().unwrap();
        Ended {
            code: self.child.wait().unwrap().code(),
            done: self.stdout.join().unwrap().into_iter().collect(),
            lines: lines_by_id(&log),
            log: log.join("\n"),
        }
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("proc(5) has it");
        line.trim().strip_suffix(" kB").and_then(|kilobytes| kilobytes.parse::<usize>().ok()).unwrap() * 1024
    }

    /// Returns the number of open files and sockets.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Returns the number of times that a thread was scheduled. It does not change while none makes a system call.
    pub(crate) fn switches(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let statuses = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
        let switches = |status: String| {
            let lines = status.lines().filter_map(|line| line.split_once("_ctxt_switches:"));
            lines.map(|(_, count)| count.trim().parse::<u64>().unwrap()).sum::<u64>()
        };
        statuses.map(switches).sum()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }
}

fn lines(pipe: impl Read + Send + 'static) -> JoinHandle<Vec<String>> {
    thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).collect())
}
