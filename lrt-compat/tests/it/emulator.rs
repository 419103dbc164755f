//! Emulators that run a program: the Runtime Interface Emulator and `cargo lambda watch`.

#[path = "../../../tests/functions/tests/it/support/http_client.rs"]
#[allow(dead_code)]
mod http_client;
#[path = "../../../tests/functions/tests/it/support/real_client.rs"]
#[allow(dead_code)]
mod real_client;

use crate::process::{ARGS, Loop, environment};
use http_client::{Response, send};
use real_client::{Package, find, own_address, wait_for_listener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Timeout of a step, far longer than any should take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The name under which the programs run.
const NAME: &str = "shop";

/// An emulator with a running program.
pub(crate) struct Emulator {
    address: String,
    invoke_path: String,
    _processes: Vec<KilledOnDrop>,
    _package: Option<Package>,
}

impl Emulator {
    /// Starts a program under the Runtime Interface Emulator. Returns `None` if it is not installed.
    pub(crate) fn rie(program: &str, on: Loop) -> Option<Emulator> {
        let rie = find("LRT_RIE", "aws-lambda-rie", "get-rie.sh")?;
        let (front, api) = (own_address(), own_address());
        let mut command = Command::new(rie);
        command.args(["--runtime-api-address", &api.to_string()]);
        command.args(["--runtime-interface-emulator-address", &front.to_string()]);
        command.arg(std::env::current_exe().unwrap()).args(ARGS).envs(environment(program, on));
        let mut rie = KilledOnDrop::start(command);
        wait_for_listener(front, &mut rie.0);
        // The Runtime API opens later than the Invoke API, and requests before that are rejected.
        wait_for_listener(api, &mut rie.0);
        let invoke_path = "/2015-03-31/functions/function/invocations".to_owned();
        Some(Emulator { address: front.to_string(), invoke_path, _processes: vec![rie], _package: None })
    }

    /// Starts a program under `cargo lambda watch`. Returns `None` if cargo-lambda is not installed.
    pub(crate) fn cargo_lambda(program: &str, on: Loop) -> Option<Emulator> {
        let cargo_lambda = find("LRT_CARGO_LAMBDA", "venv/bin/cargo-lambda", "get-cargo-lambda.sh")?;
        let address = own_address();
        let package = Package::new(address, NAME);
        let mut watch = Command::new(cargo_lambda);
        watch.args(["lambda", "watch", "--only-lambda-apis", "-A", &address.ip().to_string()]);
        watch.args(["-P", &address.port().to_string()]).current_dir(&package.0);
        let mut watch = KilledOnDrop::start(watch);
        wait_for_listener(address, &mut watch.0);
        let mut function = Command::new(std::env::current_exe().unwrap());
        function.args(ARGS).envs(environment(program, on));
        function.env("AWS_LAMBDA_RUNTIME_API", format!("http://{address}/.rt/{NAME}"));
        let processes = vec![watch, KilledOnDrop::start(function)];
        let invoke_path = format!("/2015-03-31/functions/{NAME}/invocations");
        Some(Emulator { address: address.to_string(), invoke_path, _processes: processes, _package: Some(package) })
    }

    /// Sends an event to the Invoke API.
    pub(crate) fn invoke(&self, payload: &[u8]) -> SeenResponse {
        let trace = [("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")];
        SeenResponse::of(send(&self.address, "POST", &self.invoke_path, &trace, payload))
    }

    /// Sends a request to the function URL of `cargo lambda watch`.
    pub(crate) fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> SeenResponse {
        // The event contains the host, and each emulator has its own address.
        let headers = [&[("Host", "shop.example")], headers].concat();
        SeenResponse::of(send(&self.address, method, &format!("/lambda-url/{NAME}{target}"), &headers, body))
    }
}

struct KilledOnDrop(Child);

impl KilledOnDrop {
    fn start(mut command: Command) -> KilledOnDrop {
        command.env_remove("RUST_BACKTRACE").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        KilledOnDrop(command.spawn().unwrap())
    }
}

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A response of an emulator, without values that differ between two runs of the same program.
#[derive(Debug, PartialEq)]
pub(crate) struct SeenResponse {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// With escapes for all bytes that are not printable ASCII.
    pub(crate) body: String,
}

impl SeenResponse {
    fn of(mut response: Response) -> SeenResponse {
        response.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
        let headers = response.headers.into_iter().map(|(name, value)| (name, without_ids(&value))).collect();
        SeenResponse { status: response.status, headers, body: without_ids(&response.bytes.escape_ascii().to_string()) }
    }
}

/// Replaces ids, and times as numbers and as text, such as `01/Jan/2026:00:00:00 +0000`.
fn without_ids(text: &str) -> String {
    const ZONE: &str = " +0000";
    let mut text = text.to_owned();
    while let Some(end) = text.find(ZONE) {
        text.replace_range(end - "01/Jan/2026:00:00:00".len()..end + ZONE.len(), "TIME");
    }
    let mut replaced = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let (id, end) = match word.char_indices().next_back() {
            Some((index, last)) if !last.is_ascii_alphanumeric() && last != '-' => word.split_at(index),
            _ => (word, ""),
        };
        let is_made_of = |allowed: fn(char) -> bool| id.chars().all(|c| allowed(c) || c == '-');
        let (is_hex, is_number) = (is_made_of(|c| c.is_ascii_hexdigit()), is_made_of(|c| c.is_ascii_digit()));
        replaced.push_str(match id.len() {
            36 if is_hex => "REQUEST",
            35 if is_hex => "TRACE",
            16 if is_hex => "SPAN",
            10 | 13 if is_number => "TIME",
            _ => id,
        });
        replaced.push_str(end);
    }
    replaced
}
