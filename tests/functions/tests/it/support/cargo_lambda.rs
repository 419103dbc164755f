//! cargo-lambda's emulator, and the probe or another function.

use super::real_client::{Package, find, own_address, wait_for_listener};
use super::{Ended, PROBE, Process, Response, command, send};
use serde_json::Value;

pub(crate) struct CargoLambda {
    program: String,
    pub(crate) address: String,
    name: &'static str,
    function: Process,
    _emulator: Process,
    package: Package,
}

impl CargoLambda {
    /// Starts an emulator with the probe under this name. Returns `None` if cargo-lambda is not installed.
    pub(crate) fn start(name: &'static str) -> Option<CargoLambda> {
        CargoLambda::of(PROBE, name)
    }

    /// Starts an emulator with this program as its function.
    pub(crate) fn of(function: &str, name: &'static str) -> Option<CargoLambda> {
        let program = find("LRT_CARGO_LAMBDA", "venv/bin/cargo-lambda", "get-cargo-lambda.sh")?;
        let program = program.to_str().unwrap().to_owned();
        let address = own_address();
        let package = Package::new(address, if name == "_" { "probe" } else { name });
        let mut watch = command(&program, &["lambda", "watch", "--only-lambda-apis"]);
        watch.args(["-A", &address.ip().to_string(), "-P", &address.port().to_string()]).current_dir(&package.0);
        let mut emulator = Process::start_with_one_output(watch);
        wait_for_listener(address, &mut emulator.child);
        let api = format!("http://{address}/.rt/{name}");
        let file = package.0.join("shutdown");
        let env = [("AWS_LAMBDA_RUNTIME_API", api.as_ref()), ("PROBE_SHUTDOWN", file.as_os_str())];
        let function = Process::start(function, &[], &env);
        Some(CargoLambda { program, address: address.to_string(), name, function, _emulator: emulator, package })
    }

    pub(crate) fn post(&self, event: Value) -> Response {
        let path = format!("/2015-03-31/functions/{}/invocations", self.name);
        send(&self.address, "POST", &path, &[], &event.to_string())
    }

    /// Runs `cargo lambda invoke` until it exits.
    pub(crate) fn invoke(&self, event: Value, args: &[&str]) -> Ended {
        let (ip, port) = self.address.split_once(':').unwrap();
        let event = event.to_string();
        let invoke = ["lambda", "invoke", self.name, "-A", ip, "-P", port, "--data-ascii", &event];
        Process::start(&self.program, &[&invoke, args].concat(), &[]).ended()
    }

    /// Interrupts the function. Returns its exit, and the content of the file that its shutdown wrote.
    pub(crate) fn stop(self) -> (Ended, String) {
        self.function.signal("-INT");
        let ended = self.function.ended();
        let shutdown = std::fs::read_to_string(self.package.0.join("shutdown")).unwrap_or_default();
        (ended, shutdown)
    }
}
