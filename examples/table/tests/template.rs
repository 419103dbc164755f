//! `template.yaml` is what `cargo run -p table -- template` prints.

// A release build has no such command.
#![cfg(debug_assertions)]

use std::process::Command;

#[test]
fn the_template_is_that_of_the_functions() {
    let printed =
        Command::new(env!("CARGO_BIN_EXE_table")).arg("template").env_remove("AWS_LAMBDA_RUNTIME_API").output();
    let printed = printed.expect("it can be run").stdout;
    assert_eq!(String::from_utf8_lossy(&printed), include_str!("../template.yaml"));
}
