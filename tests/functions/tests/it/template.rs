//! `cargo run -- template` with functions of every kind. CI checks the template with `cfn-lint`.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::Process;

const KINDS: &str = env!("CARGO_BIN_EXE_kinds");

#[test]
fn template_of_every_kind_matches() {
    let printed = Process::start(KINDS, &["template"], &[]).ended();
    assert_eq!((printed.code, &*printed.stderr), (Some(0), ""));
    // Update: cargo run -p lrt-test-functions --bin kinds -- template > tests/functions/kinds.yaml
    assert_eq!(printed.stdout, include_str!("../../kinds.yaml"));
    // Each batch source has this setting.
    assert_eq!(printed.stdout.matches("FunctionResponseTypes: [ReportBatchItemFailures]\n").count(), 7);
}

#[test]
fn template_accepts_no_arguments() {
    for (args, wrong) in [
        (&["template", "plain"][..], "unexpected argument \"plain\""),
        (&["template", "--port", "1"], "`template` does not support --port"),
    ] {
        let ended = Process::start(KINDS, args, &[]).ended();
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
        assert_eq!(ended.stderr, format!("ERROR {wrong}; see --help\n"));
    }
}
