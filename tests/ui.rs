//! What the compiler says about `#[lambda]`: one case for each mistake, and one for each accepted form.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew, for the version of rustc below.

use std::env;
use std::process::Command;

/// Messages change from one rustc to the next, so those of the fail cases are of this one.
const MESSAGES_OF: &str = "1.95.";

#[test]
fn each_mistake_has_its_message() {
    let rustc = rustc_version();
    if release(&rustc).starts_with(MESSAGES_OF) {
        trybuild::TestCases::new().compile_fail("tests/ui/*/fail/*.rs");
    } else {
        println!("skipped: the messages are those of rustc {MESSAGES_OF}*, and this is {}", release(&rustc));
    }
}

/// trybuild runs what compiles, and a function would wait for events: cargo is told to run it by a program that does
/// nothing. Only a child's environment can be changed safely, so this test runs itself as one.
#[test]
fn each_form_is_accepted() {
    let rustc = rustc_version();
    let target = field(&rustc, "host: ").to_uppercase().replace(['-', '.'], "_");
    let runner = format!("CARGO_TARGET_{target}_RUNNER");
    if env::var(&runner).as_deref() == Ok("true") {
        trybuild::TestCases::new().pass("tests/ui/*/pass/*.rs");
        return;
    }
    let this = env::current_exe().expect("a test knows its own file");
    // The arguments of this run choose cases: `cargo test --test ui -- trybuild=two_borrows`.
    let cases = env::args_os().skip(1).filter(|argument| argument.to_string_lossy().starts_with("trybuild="));
    let child = Command::new(this)
        .args(["each_form_is_accepted", "--exact", "--nocapture"])
        .args(cases)
        .env(runner, "true")
        .status()
        .expect("this test can be run again");
    assert!(child.success(), "see the cases above");
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output =
        Command::new(rustc).args(["--version", "--verbose"]).output().expect("rustc is at hand where cargo is");
    String::from_utf8(output.stdout).expect("a version is text")
}

fn release(version: &str) -> &str {
    field(version, "release: ")
}

fn field<'a>(version: &'a str, name: &str) -> &'a str {
    version.lines().find_map(|line| line.strip_prefix(name)).expect("rustc names its release and host")
}
