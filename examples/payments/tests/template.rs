//! Compares `template.yaml` with the output of `cargo run -p payments -- template`.

// Release builds do not have the command.
#![cfg(debug_assertions)]

use std::process::Command;

#[test]
fn template_matches_the_functions() {
    let printed =
        Command::new(env!("CARGO_BIN_EXE_payments")).arg("template").env_remove("AWS_LAMBDA_RUNTIME_API").output();
    let printed = printed.expect("the binary should start").stdout;
    assert_eq!(String::from_utf8_lossy(&printed), include_str!("../template.yaml"));
}
