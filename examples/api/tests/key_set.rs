//! The authorizer as a program that reads the key set.

// Release builds do not have the commands.
#![cfg(debug_assertions)]

use std::path::Path;
use std::process::{Command, Output};

fn api(args: &[&str], key_set: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api"));
    let output = command.args(args).env("KEY_SET", key_set).env_remove("AWS_LAMBDA_RUNTIME_API").output();
    output.expect("the binary should start")
}

#[test]
fn variable_names_the_file_with_the_key_set() {
    let event = Path::new(env!("CARGO_TARGET_TMPDIR")).join("auth.json");
    std::fs::write(&event, api(&["sample", "auth"], "").stdout).expect("the folder exists");
    let event = event.to_str().expect("the path is UTF-8");
    for (key_set, error) in [
        // The sample has no valid token.
        ("keys/jwks.json", r#""errorMessage":"Unauthorized""#),
        ("keys/none.json", "cannot read the key set keys/none.json"),
    ] {
        let Output { stdout, stderr, .. } = api(&["invoke", "auth", event], key_set);
        let output = [stdout, stderr].concat();
        let output = String::from_utf8_lossy(&output);
        assert!(output.contains(error), "{key_set}: {output}");
    }
}
