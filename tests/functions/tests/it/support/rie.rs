//! The AWS Lambda Runtime Interface Emulator, with the probe or another function.

use super::real_client::{find, not_tested, own_address, wait_for_listener};
use super::tcp_proxy::TcpProxy;
use super::{Ended, OpenRequest, PROBE, Process, Response, TIMEOUT, command, send};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PATH: &str = "/2015-03-31/functions/function/invocations";

/// The beginning of a log line about a request from the function.
pub(crate) const REQUEST: &str = "API request - ";
pub(crate) const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";

/// Killed on drop. The probe exits as well, because the Runtime API is closed.
pub(crate) struct Rie {
    process: Process,
    address: String,
    proxy: Option<TcpProxy>,
    _task: Option<TaskFolder>,
}

impl Rie {
    /// Creates an emulator that starts the probe at the first invocation. Returns `None` if it is not installed.
    pub(crate) fn start(env: &[(&str, &str)]) -> Option<Rie> {
        Rie::with(PROBE, env, false)
    }

    /// Creates an emulator with a recording proxy between the probe and the Runtime API.
    pub(crate) fn start_with_proxy() -> Option<Rie> {
        Rie::with(PROBE, &[], true)
    }

    /// Starts an emulator with this program as its function.
    pub(crate) fn of(function: &str) -> Option<Rie> {
        Rie::with(function, &[], false)
    }

    fn with(function: &str, env: &[(&str, &str)], with_proxy: bool) -> Option<Rie> {
        let program = find("LRT_RIE", "aws-lambda-rie", "get-rie.sh")?;
        let (front, api) = (own_address(), own_address());
        let proxy = with_proxy.then(|| TcpProxy::start(api));
        let mut rie = command(program.to_str().unwrap(), &["--log-level", "debug"]);
        rie.args(["--runtime-api-address", &api.to_string()]);
        rie.args(["--runtime-interface-emulator-address", &front.to_string()]);
        if let Some(proxy) = &proxy {
            // The emulator sets the variable for the function, so a shell sets it again.
            rie.args(["/usr/bin/env", &format!("AWS_LAMBDA_RUNTIME_API={}", proxy.address)]);
        }
        rie.arg(function).envs(env.iter().copied());
        let mut process = Process::start_with_one_output(rie);
        wait_for_listener(front, &mut process.child);
        // The Runtime API opens later than the Invoke API, and requests before that are rejected.
        wait_for_listener(api, &mut process.child);
        Some(Rie { process, address: front.to_string(), proxy, _task: None })
    }

    /// Creates an emulator of Lambda Managed Instances for one event at a time, with this program as its function.
    pub(crate) fn managed(function: &str) -> Option<Rie> {
        Rie::instance(function, 1, "debug", &[])
    }

    /// Creates an emulator of a Managed Instance that sends several events concurrently. It starts the function from
    /// `/var/task` as another user, so it needs root to mount a folder there in a separate namespace.
    ///
    /// Its deadlines are invalid: a million times further away than the timeout.
    pub(crate) fn instance(function: &str, events: usize, log_level: &str, env: &[(&str, &str)]) -> Option<Rie> {
        let program = find("LRT_RIE", "aws-lambda-rie", "get-rie.sh")?;
        let mount = "mkdir -p /var/task && mount --bind \"$0\" /var/task && exec \"$@\"";
        let (front, api) = (own_address(), own_address());
        let task = TaskFolder::new(&format!("task-{front}"));
        if !may_mount(&task.0) {
            not_tested("the right to mount (root has it)");
            return None;
        }
        std::fs::hard_link(function, task.0.join("bootstrap")).unwrap();
        let mut rie = command("unshare", &["--mount", "sh", "-c", mount]);
        rie.arg(&task.0).arg(program).args(["--log-level", log_level, "--runtime-api-address", &api.to_string()]);
        rie.args(["--runtime-interface-emulator-address", &front.to_string(), "/var/task/bootstrap"]);
        rie.envs(env.iter().copied()).env("AWS_LAMBDA_MAX_CONCURRENCY", events.to_string());
        let mut process = Process::start_with_one_output(rie);
        wait_for_listener(front, &mut process.child);
        Some(Rie { process, address: front.to_string(), proxy: None, _task: Some(task) })
    }

    /// Invokes the function of a managed instance, and retries until the function has asked for an event.
    pub(crate) fn invoke_when_idle(&self, event: &Value) -> Response {
        self.front().invoke(event)
    }

    /// Starts an invocation of a managed instance, and waits until the function has started. Discards the response.
    pub(crate) fn begin_when_idle(&self, event: Value) {
        let front = self.front();
        std::thread::spawn(move || front.invoke(&event));
        self.begun();
    }

    /// Waits until the function has started another invocation.
    pub(crate) fn begun(&self) {
        self.process.wait_for_stdout("probe begins");
    }

    /// Returns the Invoke API, to be used by threads.
    pub(crate) fn front(&self) -> Front {
        Front(self.address.clone())
    }

    pub(crate) fn invoke(&self, event: Value) -> Response {
        self.post(&[], &event.to_string())
    }

    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &str) -> Response {
        send(&self.address, "POST", PATH, headers, body)
    }

    /// Starts an invocation, and waits until the function has started. Discards the response.
    pub(crate) fn begin(&self, event: Value) -> OpenRequest {
        let event = event.to_string();
        let mut request = OpenRequest::begin(&self.address, "POST", PATH, &[], event.len());
        request.write(&event);
        self.begun();
        request
    }

    pub(crate) fn proxy(&self) -> &TcpProxy {
        self.proxy.as_ref().expect("the emulator was started with a proxy")
    }

    /// Interrupts the emulator, waits for it and the probe to exit, and returns the output that has not been read yet.
    pub(crate) fn stop(self) -> String {
        self.process.signal("-TERM");
        let Ended { code, stdout: log, .. } = self.process.ended();
        assert_eq!(code, Some(0), "{log}");
        log
    }
}

/// The Invoke API of an instance.
pub(crate) struct Front(String);

impl Front {
    /// Invokes the function, and retries until it has asked for an event.
    pub(crate) fn invoke(&self, event: &Value) -> Response {
        let start = Instant::now();
        let body = event.to_string();
        let head = format!("POST {PATH} HTTP/1.1\r\nHost: rie\r\nConnection: close\r\nContent-Length: {}", body.len());
        loop {
            // Sent with one write, since data after a rejection would reset the connection.
            let mut request = OpenRequest::open(&self.0);
            request.write(format!("{head}\r\n\r\n{body}"));
            let response = request.response();
            if response.header("Error-Type") != Some("Runtime.Unavailable") || start.elapsed() > TIMEOUT {
                return response;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The folder that is mounted at `/var/task`.
struct TaskFolder(PathBuf);

impl TaskFolder {
    fn new(name: &str) -> TaskFolder {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        TaskFolder(folder)
    }
}

impl Drop for TaskFolder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn may_mount(folder: &Path) -> bool {
    let mut mount = command("unshare", &["--mount", "mount", "--bind"]);
    mount.args([folder, folder]).stderr(std::process::Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}
