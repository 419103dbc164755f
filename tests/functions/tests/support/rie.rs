//! The AWS Lambda Runtime Interface Emulator, with the probe as its function unless a test names another.

use super::real_client::{find, not_tested, own_address, wait_for_listener};
use super::tap::Tap;
use super::{Ended, PATIENCE, PROBE, Process, Request, Response, command, send};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PATH: &str = "/2015-03-31/functions/function/invocations";

/// How the log begins a line about a request of the function.
pub(crate) const REQUEST: &str = "API request - ";
pub(crate) const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";

/// Dropped, it is killed; the probe then ends by itself, since nobody has events for it any more.
pub(crate) struct Rie {
    process: Process,
    address: String,
    tap: Option<Tap>,
    _task: Option<Task>,
}

impl Rie {
    /// An emulator that starts the probe at its first invocation; `None` where there is no emulator to be found.
    pub(crate) fn start(env: &[(&str, &str)]) -> Option<Rie> {
        Rie::with(PROBE, env, false)
    }

    /// The same, with a tap between the probe and the Runtime API.
    pub(crate) fn start_tapped() -> Option<Rie> {
        Rie::with(PROBE, &[], true)
    }

    /// The same, with this program as its function.
    pub(crate) fn of(function: &str) -> Option<Rie> {
        Rie::with(function, &[], false)
    }

    fn with(function: &str, env: &[(&str, &str)], tapped: bool) -> Option<Rie> {
        let program = find("LRT_RIE", "aws-lambda-rie", "get-rie.sh")?;
        let (front, api) = (own_address(), own_address());
        let tap = tapped.then(|| Tap::before(api));
        let mut rie = command(program.to_str().unwrap(), &["--log-level", "debug"]);
        rie.args(["--runtime-api-address", &api.to_string()]);
        rie.args(["--runtime-interface-emulator-address", &front.to_string()]);
        if let Some(tap) = &tap {
            // The emulator itself sets the variable for what it starts, so it has to be set anew behind it.
            rie.args(["/usr/bin/env", &format!("AWS_LAMBDA_RUNTIME_API={}", tap.address)]);
        }
        rie.arg(function).envs(env.iter().copied());
        let process = Process::start_with_one_output(rie);
        wait_for_listener(front);
        // It opens later, and not even the first invocation waits for it: what the probe asks before that is refused.
        wait_for_listener(api);
        Some(Rie { process, address: front.to_string(), tap, _task: None })
    }

    /// The emulator as of Lambda Managed Instances, with this program as its function, for one event at a time.
    pub(crate) fn managed(function: &str) -> Option<Rie> {
        Rie::instance(function, 1, "debug", &[])
    }

    /// The emulator of a Managed Instance that sends this program so many events at once. It takes the function from
    /// `/var/task` and runs it as another user, so it needs root: what is mounted there is seen by it alone.
    ///
    /// Its deadlines are useless: they are a million times as far away as the timeout.
    pub(crate) fn instance(function: &str, events: usize, log_level: &str, env: &[(&str, &str)]) -> Option<Rie> {
        let program = find("LRT_RIE", "aws-lambda-rie", "get-rie.sh")?;
        let mount = "mkdir -p /var/task && mount --bind \"$0\" /var/task && exec \"$@\"";
        let (front, api) = (own_address(), own_address());
        let task = Task::new(&format!("task-{front}"));
        if !may_mount(&task.0) {
            not_tested("the right to mount (root has it)");
            return None;
        }
        std::fs::hard_link(function, task.0.join("bootstrap")).unwrap();
        let mut rie = command("unshare", &["--mount", "sh", "-c", mount]);
        rie.arg(&task.0).arg(program).args(["--log-level", log_level, "--runtime-api-address", &api.to_string()]);
        rie.args(["--runtime-interface-emulator-address", &front.to_string(), "/var/task/bootstrap"]);
        rie.envs(env.iter().copied()).env("AWS_LAMBDA_MAX_CONCURRENCY", events.to_string());
        let process = Process::start_with_one_output(rie);
        wait_for_listener(front);
        Some(Rie { process, address: front.to_string(), tap: None, _task: Some(task) })
    }

    /// Invokes the function of a managed instance as soon as it has asked for an event: until then, it is refused.
    pub(crate) fn invoke_when_idle(&self, event: &Value) -> Response {
        self.front().invoke(event)
    }

    /// The same, and waits until the function has begun. Nobody wants the response.
    pub(crate) fn begin_when_idle(&self, event: Value) {
        let front = self.front();
        std::thread::spawn(move || front.invoke(&event));
        self.begun();
    }

    /// Waits until the function has begun once more.
    pub(crate) fn begun(&self) {
        self.process.wait_for_stdout("probe begins");
    }

    /// Its address alone, for threads.
    pub(crate) fn front(&self) -> Front {
        Front(self.address.clone())
    }

    pub(crate) fn invoke(&self, event: Value) -> Response {
        self.post(&[], &event.to_string())
    }

    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &str) -> Response {
        send(&self.address, "POST", PATH, headers, body)
    }

    /// Invokes it and waits until the function has begun. Nobody reads the response.
    pub(crate) fn begin(&self, event: Value) -> Request {
        let event = event.to_string();
        let mut request = Request::begin(&self.address, "POST", PATH, &[], event.len());
        request.write(&event);
        self.begun();
        request
    }

    pub(crate) fn tap(&self) -> &Tap {
        self.tap.as_ref().expect("it was started with a tap")
    }

    /// Ends the emulator as a user would, waits for it and the probe, and returns what both have said since the last look.
    pub(crate) fn stop(self) -> String {
        self.process.signal("-TERM");
        let Ended { code, stdout: log, .. } = self.process.ended();
        assert_eq!(code, Some(0), "{log}");
        log
    }
}

/// Where an instance is invoked.
pub(crate) struct Front(String);

impl Front {
    /// Invokes the function as soon as it has asked for an event.
    pub(crate) fn invoke(&self, event: &Value) -> Response {
        let start = Instant::now();
        let body = event.to_string();
        let head = format!("POST {PATH} HTTP/1.1\r\nHost: rie\r\nConnection: close\r\nContent-Length: {}", body.len());
        loop {
            // In one write: what comes when it is refused already resets the connection.
            let mut request = Request::open(&self.0);
            request.write(format!("{head}\r\n\r\n{body}"));
            let response = request.response();
            if response.header("Error-Type") != Some("Runtime.Unavailable") || start.elapsed() > PATIENCE {
                return response;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The folder that stands for `/var/task`.
struct Task(PathBuf);

impl Task {
    fn new(name: &str) -> Task {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Task(folder)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn may_mount(folder: &Path) -> bool {
    let mut mount = command("unshare", &["--mount", "mount", "--bind"]);
    mount.args([folder, folder]).stderr(std::process::Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}
