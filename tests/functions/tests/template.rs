//! `cargo run -- template`, from outside: a template of functions of every kind. `cfn-lint` looks at it in CI.

// A release build has no local Lambda.
#![cfg(debug_assertions)]
// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod support;

use support::Process;

const KINDS: &str = env!("CARGO_BIN_EXE_kinds");

#[test]
fn every_kind_has_what_stands_in_front_of_it() {
    let printed = Process::start(KINDS, &["template"], &[]).ended();
    assert_eq!((printed.code, &*printed.stderr), (Some(0), ""));
    // To take it as it is now: cargo run -p lrt-test-functions --bin kinds -- template > tests/functions/kinds.yaml
    assert_eq!(printed.stdout, include_str!("../kinds.yaml"));
    // Each source of batches has it.
    assert_eq!(printed.stdout.matches("FunctionResponseTypes: [ReportBatchItemFailures]\n").count(), 6);
}

#[test]
fn template_takes_nothing() {
    for (args, wrong) in [
        (&["template", "plain"][..], "unexpected argument \"plain\""),
        (&["template", "--port", "1"], "`template` takes no --port: leave it out"),
    ] {
        let ended = Process::start(KINDS, args, &[]).ended();
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
        assert_eq!(ended.stderr, format!("ERROR {wrong}; --help lists what there is\n"));
    }
}
