//! `cargo run -- invoke` of several events: the table and the exit code.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, PROBE, Process};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");
const MANY_FUNCTIONS: &str = env!("CARGO_BIN_EXE_many_functions");

/// Creates a folder with these events as files.
fn folder(name: &str, events: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    for (name, event) in events {
        std::fs::write(folder.join(name), event).unwrap();
    }
    folder
}

/// Runs `cargo run -- invoke WORDS` in a folder.
fn invoke(program: &str, folder: &Path, words: &[&str], stdin: &str) -> Ended {
    let mut command = crate::support::command(program, &[&["invoke"], words].concat());
    command.current_dir(folder);
    let mut process = Process::of(command);
    process.stdin(stdin.as_bytes());
    process.ended()
}

/// Returns the rows of a table: event, outcome, if it has a duration, error.
fn rows(ended: &Ended) -> Vec<(String, String, bool, String)> {
    let mut lines = ended.stdout.lines();
    let head = lines.next().unwrap();
    let [outcome, duration, error] = ["outcome", "duration", "error"].map(|column| head.find(column).unwrap());
    let row = |line: &str| {
        let column = |from, to: usize| line.get(from..to.min(line.len())).unwrap_or_default().trim().to_owned();
        let time = column(duration - 4, error - 1);
        let is_time = time.strip_suffix(" ms").is_some_and(|number| number.parse::<f64>().is_ok());
        assert!(is_time || time.is_empty(), "{line}");
        (column(0, outcome), column(outcome, duration - 4), is_time, column(error, usize::MAX))
    };
    lines.map(row).collect()
}

fn row(event: &str, outcome: &str, is_timed: bool, error: &str) -> (String, String, bool, String) {
    (event.to_owned(), outcome.to_owned(), is_timed, error.to_owned())
}

#[test]
fn each_event_has_a_row_and_a_failure_exits_with_1() {
    let echo = r#"{"do":"echo","value":1}"#;
    let folder = folder("invoke-rows", &[("a.json", echo), ("b.json", r#"{"do":"error"}"#), ("c.json", echo)]);
    let ended = invoke(PROBE, &folder, &["a.json", "b.json", "-", "c.json"], r#"{"do":"panic"}"#);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let rows = rows(&ended);
    assert_eq!(rows.len(), 4, "{ended:?}");
    assert_eq!(rows[0], row("a.json", "ok", true, ""));
    assert_eq!((&*rows[1].1, rows[1].3.starts_with("ProbeError: ")), ("error", true), "{ended:?}");
    assert_eq!((&*rows[2].0, rows[2].3.starts_with("Function.Panic: ")), ("standard input", true), "{ended:?}");
    assert_eq!(rows[3], row("c.json", "ok", true, ""));

    let ended = invoke(PROBE, &folder, &["probe", "a.json", "c.json"], "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn unreadable_events_do_not_affect_others() {
    let echo = r#"{"do":"echo","value":1}"#;
    let large = format!("\"{}\"", "x".repeat(6_291_555));
    let folder = folder("invoke-unread", &[("a.json", "{"), ("b.json", echo), ("large.json", &large)]);
    let ended = invoke(PROBE, &folder, &["a.json", "none.json", "large.json", "b.json"], "");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let cannot = "cannot read none.json: No such file or directory (os error 2) (expected a file, or - for standard \
                  input)";
    let too_large = "large.json exceeds the limit of 6291556 bytes: 6291557 bytes";
    assert_eq!(
        rows(&ended),
        [
            row("a.json", "not sent", false, "invalid JSON in a.json: EOF while parsing an object at line 1 column 1"),
            row("none.json", "not sent", false, cannot),
            row("large.json", "not sent", false, too_large),
            row("b.json", "ok", true, ""),
        ]
    );
}

#[test]
fn folder_stands_for_all_its_events() {
    let of = |id: u64| {
        let sample = Process::start(MANY_FUNCTIONS, &["sample", "get"], &[]).ended();
        let mut event: Value = serde_json::from_str(&sample.stdout).unwrap();
        event["rawPath"] = json!(format!("/orders/{id}"));
        event["requestContext"]["http"]["path"] = event["rawPath"].clone();
        event["pathParameters"] = json!({ "id": id.to_string() });
        event.to_string()
    };
    let (found, lost) = (of(7), of(8).replace("/orders/", "/nothing/"));
    let folder = folder("invoke-folder", &[("b.json", &lost), ("a.json", &found), ("a.get.snap", "no event")]);
    let ended = invoke(MANY_FUNCTIONS, folder.parent().unwrap(), &["get", "invoke-folder"], "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let expected = [row("invoke-folder/a.json", "200", true, ""), row("invoke-folder/b.json", "404", true, "")];
    assert_eq!(rows(&ended), expected);
    // All events run in one environment.
    assert_eq!(ended.stderr, "init of get\n");
}

#[test]
fn stream_that_fails_after_its_first_chunk_has_failed() {
    let (fails, ends) = (r#"{"chunks":["a"],"then":"error"}"#, r#"{"chunks":["a","b"]}"#);
    let folder = folder("invoke-streams", &[("a.json", fails), ("b.json", ends)]);
    let ended = invoke(CHUNKS, &folder, &["."], "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let expected = [row("./a.json", "error", true, "Late: the stream fails"), row("./b.json", "ok", true, "")];
    assert_eq!(rows(&ended), expected);
}

#[test]
fn failed_init_handles_no_event() {
    let folder = folder("invoke-lost", &[("a.json", "{}"), ("b.json", "{}")]);
    let mut command = crate::support::command(PROBE, &["invoke", "a.json", "b.json"]);
    command.current_dir(&folder).env("PROBE_INIT", "error");
    let ended = Process::of(command).ended();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("ERROR init failed: "), "{ended:?}");
    assert!(rows(&ended).iter().all(|row| row.1 == "no reply"), "{ended:?}");
}

#[test]
fn unknown_function_is_one_line_with_the_names() {
    let folder = folder("invoke-names", &[("a.json", "{}")]);
    for (program, words, wrong) in [
        (
            PROBE,
            &["prob", "a.json"][..],
            "unknown function \"prob\": the only function is `probe`, and its name is optional",
        ),
        (
            MANY_FUNCTIONS,
            &["a.json", "a.json"],
            "missing function name (expected one of `echo`, `get`, `page`, `fragile-one`)",
        ),
        (
            MANY_FUNCTIONS,
            &["ehco", "a.json"],
            "unknown function \"ehco\" (expected one of `echo`, `get`, `page`, `fragile-one`)",
        ),
        (MANY_FUNCTIONS, &["echo"], "`invoke echo` requires an event (expected a file, or - for standard input)"),
    ] {
        let ended = invoke(program, &folder, words, "");
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:?}");
        assert_eq!(ended.stderr, format!("ERROR {wrong}\n"));
    }
}

#[test]
fn function_finds_the_variables_of_lambda() {
    let folder = folder("invoke-variables", &[]);
    let value = |name: &str, variables: &[(&str, &str)]| {
        let mut command = crate::support::command(PROBE, &["invoke", "-"]);
        command.env("HOME", &folder).env_remove("TZ").envs(variables.iter().copied());
        let mut process = Process::of(command);
        process.stdin(json!({"do": "env", "name": name}).to_string().as_bytes());
        let ended = process.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        serde_json::from_str::<Option<String>>(&ended.stdout).unwrap()
    };
    let some = |value: &str| Some(value.to_owned());
    for (name, expected) in [
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "probe"),
        ("_HANDLER", "probe"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("TZ", ":UTC"),
    ] {
        assert_eq!(value(name, &[]), some(expected), "{name}");
    }
    // The user's settings take precedence.
    assert_eq!(value("AWS_REGION", &[("AWS_REGION", "eu-west-1")]), some("eu-west-1"));
    assert_eq!(value("AWS_REGION", &[("AWS_PROFILE", "work")]), None);
    assert_eq!(value("TZ", &[("TZ", "Europe/Berlin")]), some("Europe/Berlin"));
}
