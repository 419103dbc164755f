//! Compares the replies of both programs.

// In tests, `unwrap` is an assertion.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::process::Command;

/// Returns status and location of a program's reply to an event.
fn reply(program: &str, event: &str) -> (u64, Option<String>) {
    let event = format!("{}/events/{event}.json", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(program);
    command
        .args(["invoke", &event])
        .env("LINKS", "tea=https://example.com/green-tea")
        .env_remove("AWS_LAMBDA_RUNTIME_API");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
    (reply["statusCode"].as_u64().unwrap(), reply["headers"]["location"].as_str().map(str::to_owned))
}

#[test]
fn both_programs_have_the_same_replies() {
    let found = (302, Some("https://example.com/green-tea".to_owned()));
    for (event, expected) in [("tea", found), ("unknown", (404, None))] {
        assert_eq!(reply(env!("CARGO_BIN_EXE_one-line"), event), expected, "{event}");
        assert_eq!(reply(env!("CARGO_BIN_EXE_native"), event), expected, "{event}");
    }
}

#[test]
fn error_before_serve_ends_the_process() {
    let output = Command::new(env!("CARGO_BIN_EXE_one-line")).env("LINKS", "tea").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Entry(\"tea\")"), "{output:?}");
}
