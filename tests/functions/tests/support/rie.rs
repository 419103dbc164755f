//! The AWS Lambda Runtime Interface Emulator, with the probe as its function unless a test names another.

use super::real_client::{find, own_address, wait_for_listener};
use super::tap::Tap;
use super::{Ended, PROBE, Process, Request, Response, command, scratch, send};
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

const PATH: &str = "/2015-03-31/functions/function/invocations";

/// Managed Instances look for the function in a place that only root can give it. Without that, a line says so and the test
/// has nothing to do; on CI it fails.
fn may_mount() -> Option<()> {
    if Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|output| output.status.success()) {
        return Some(());
    }
    let line = "NOT TESTED: Managed Instances need a mount namespace (run as root, where `unshare -m` is allowed)";
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{line}");
    static ONCE: Once = Once::new();
    ONCE.call_once(|| _ = writeln!(std::io::stderr(), "{line}"));
    None
}

/// How the log begins a line about a request of the function.
pub(crate) const REQUEST: &str = "API request - ";
pub(crate) const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";

/// Dropped, it is killed; the probe then ends by itself, since nobody has events for it any more.
pub(crate) struct Rie {
    process: Process,
    address: String,
    tap: Option<Tap>,
}

/// Where it is invoked.
pub(crate) struct Front(String);

impl Front {
    /// Invokes it as soon as there is a worker that waits for an event: until then Lambda refuses it.
    pub(crate) fn invoke(&self, event: Value) -> Response {
        let body = event.to_string();
        let head = format!("POST {PATH} HTTP/1.1\r\nHost: rie\r\nConnection: close\r\nContent-Length: {}", body.len());
        loop {
            // In one write: what comes when it is refused already resets the connection.
            let mut request = Request::open(&self.0);
            request.write(format!("{head}\r\n\r\n{body}"));
            let response = request.response();
            if response.status != 400 || response.body != r#"{"errorType":"Runtime.Unavailable"}"# {
                return response;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
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

    /// An emulator of a Managed Instance that sends the probe so many events at once; `None` where there is none to be found,
    /// or no mount namespace to be had. The folder is `/var/task` for the probe, which may write there.
    ///
    /// Its deadlines are useless: they are a million times as far away as the timeout.
    pub(crate) fn managed(concurrency: usize, level: &str, env: &[(&str, &str)]) -> Option<(Rie, PathBuf)> {
        let program = find("LRT_RIE", "aws-lambda-rie", "get-rie.sh")?;
        may_mount()?;
        let (front, api) = (own_address(), own_address());
        let task = scratch(&format!("rie-task-{api}"));
        std::fs::create_dir_all(&task).unwrap();
        // The probe is another user there.
        std::fs::set_permissions(&task, PermissionsExt::from_mode(0o777)).unwrap();
        std::fs::copy(PROBE, task.join("bootstrap")).unwrap();
        std::fs::create_dir_all("/var/task").unwrap();
        let mut rie = command("unshare", &["-m", "sh", "-c", r#"mount --bind "$0" /var/task && exec "$@""#]);
        rie.arg(&task).arg(program).args(["--log-level", level]);
        rie.args(["--runtime-api-address", &api.to_string()]);
        rie.args(["--runtime-interface-emulator-address", &front.to_string()]);
        rie.arg("/var/task/bootstrap").envs(env.iter().copied());
        rie.env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
        let process = Process::start_with_one_output(rie);
        wait_for_listener(front);
        wait_for_listener(api);
        Some((Rie { process, address: front.to_string(), tap: None }, task))
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
        Some(Rie { process, address: front.to_string(), tap })
    }

    pub(crate) fn invoke(&self, event: Value) -> Response {
        self.post(&[], &event.to_string())
    }

    /// Waits until the function has begun once more.
    pub(crate) fn begun(&self) {
        self.process.wait_for_stdout("probe begins");
    }

    /// Invokes it as soon as there is a worker for it, and waits until the function has begun. Nobody wants the response.
    pub(crate) fn begin_on_a_worker(&self, event: Value) {
        let front = self.front();
        std::thread::spawn(move || front.invoke(event));
        self.begun();
    }

    /// Its address alone, for threads.
    pub(crate) fn front(&self) -> Front {
        Front(self.address.clone())
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
