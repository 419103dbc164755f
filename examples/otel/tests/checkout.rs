//! Runs the function without a collector, where the layer does nothing.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn function_runs_without_a_collector() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otel"));
    command.args(["invoke", "events/tea.json"]).env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "{\"cents\":700}\n");
}
