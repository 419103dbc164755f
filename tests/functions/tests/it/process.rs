//! A function in an invalid environment: one clear line, and exit code 1.

// In tests, `unwrap` is an assertion.
use crate::support::{Ended, Process};
use std::ffi::OsStr;

fn run(env: &[(&str, &str)]) -> Ended {
    let env: Vec<(&str, &OsStr)> = env.iter().map(|(name, value)| (*name, OsStr::new(value))).collect();
    Process::start(env!("CARGO_BIN_EXE_probe"), &[], &env).ended()
}

#[test]
fn invalid_runtime_api_address_is_reported() {
    for (address, error) in [
        ("https://127.0.0.1:9001", "unsupported scheme (only http is supported)"),
        ("127.0.0.1:port", "invalid port"),
        ("127.0.0.1:1 x", "invalid character"),
    ] {
        let ended = run(&[("AWS_LAMBDA_RUNTIME_API", address)]);
        let line = format!(
            "ERROR invalid AWS_LAMBDA_RUNTIME_API={address:?}: {error} (expected host:port or http://host:port/path)\n"
        );
        assert_eq!((ended.code, ended.stderr), (Some(1), line));
    }
}

#[test]
fn invalid_address_is_reported_in_the_configured_format() {
    let ended = run(&[("AWS_LAMBDA_RUNTIME_API", "x:y"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")]);
    let [line] = ended.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{ended:?}") };
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((ended.code, &line["level"]), (Some(1), &serde_json::json!("FATAL")), "{line}");
    assert!(line["message"].as_str().unwrap().starts_with("invalid AWS_LAMBDA_RUNTIME_API=\"x:y\""), "{line}");
}

#[test]
fn unreachable_runtime_api_is_reported_once() {
    // Port 1 has no listener.
    let ended = run(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")]);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!((ended.code, lines.len()), (Some(1), 2), "{lines:?}");
    assert!(lines[0].starts_with(
        "WARN shutdown will not run: failed to register the internal extension: cannot connect to 127.0.0.1:1"
    ));
    assert!(
        lines[1].starts_with("ERROR failed to get the next event after 6 attempts: cannot connect to 127.0.0.1:1: "),
        "{lines:?}"
    );
    assert!(lines[1].ends_with("; exiting"), "{lines:?}");
}

#[test]
fn invalid_concurrency_is_reported_once_and_ignored() {
    const VALUES: [&str; 8] = ["", "1", "abc", "0", "-1", "1.5", "1601", "99999999999999999999"];
    let lines = |value| {
        let ended = run(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"), ("AWS_LAMBDA_MAX_CONCURRENCY", value)]);
        ended.stderr.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let [usual, one, invalid @ ..] = std::thread::scope(|scope| {
        VALUES.map(|value| scope.spawn(move || lines(value))).map(|lines| lines.join().unwrap())
    });
    assert_eq!(one, usual);
    for (value, lines) in VALUES[2..].iter().zip(invalid) {
        let line =
            format!("WARN ignoring invalid AWS_LAMBDA_MAX_CONCURRENCY={value:?} (expected a number from 1 to 1600)");
        assert_eq!(lines[0], line);
        assert_eq!(lines[1..], usual);
    }
}

#[cfg(unix)]
#[test]
fn concurrency_that_is_not_unicode_is_reported() {
    use std::os::unix::ffi::OsStrExt;

    let api = ("AWS_LAMBDA_RUNTIME_API", OsStr::new("127.0.0.1:1"));
    let env = [api, ("AWS_LAMBDA_MAX_CONCURRENCY", OsStr::from_bytes(b"4\xff"))];
    let ended = Process::start(env!("CARGO_BIN_EXE_probe"), &[], &env).ended();
    assert!(ended.stderr.starts_with("WARN ignoring invalid AWS_LAMBDA_MAX_CONCURRENCY=\"4\u{fffd}\""), "{ended:?}");
}

#[test]
fn init_error_is_logged_if_posting_fails() {
    let ended = run(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"), ("PROBE_INIT", "error")]);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!((ended.code, lines.len()), (Some(1), 2), "{lines:?}");
    assert!(lines[0].starts_with("ERROR init failed: ProbeError: "), "{lines:?}");
    assert!(
        lines[1].starts_with("ERROR no response from the Runtime API to the init error: cannot connect to"),
        "{lines:?}"
    );
}
