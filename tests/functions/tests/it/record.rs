//! `cargo run -- --record DIR`: saves events and replies.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{PROBE, Process, send};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const WEB: &str = env!("CARGO_BIN_EXE_web");
const STREAMS: &str = env!("CARGO_BIN_EXE_streams");

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("record-{name}"));
    _ = fs::remove_dir_all(&folder);
    folder
}

/// Serves a program that records into this folder, and returns its address.
fn serve(program: &str, folder: &Path, args: &[&str]) -> (Process, String) {
    let args = [&["--port", "0", "--record", folder.to_str().unwrap()], args].concat();
    let process = Process::start(program, &args, &[("WEB_KIND", OsStr::new("http"))]);
    let line = process.stdout_line();
    let address = line.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
    let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
    process.stdout_line();
    (process, address)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn each_event_and_its_reply_are_saved_unchanged() {
    let folder = folder("events");
    let (process, address) = serve(PROBE, &folder, &[]);
    let invoke = |kind: &str, event: &str| {
        send(&address, "POST", "/2015-03-31/functions/probe/invocations", &[("X-Amz-Invocation-Type", kind)], event)
    };
    invoke("RequestResponse", r#"{"value":1.0,"do":"echo"}"#);
    invoke("DryRun", r#"{"value":2,"do":"echo"}"#);
    invoke("RequestResponse", r#"{"do":"error"}"#);
    // The event was attempted three times, and saved once.
    invoke("Event", r#"{"do":"panic"}"#);
    while !process.stdout_line().starts_with("REPORT probe (attempt 3)") {}
    let files = ["probe-1.json", "probe-1.reply", "probe-2.json", "probe-2.reply", "probe-3.json", "probe-3.reply"];
    assert_eq!(names(&folder), files);
    let kept = fs::read_to_string(folder.join("probe-1.json")).unwrap();
    assert_eq!(kept, "{\n  \"value\": 1.0,\n  \"do\": \"echo\"\n}\n");
    assert_eq!(read(&folder, "probe-1.reply"), 1.0);
    assert_eq!(read(&folder, "probe-2.reply")["errorType"], "ProbeError");
    assert_eq!(read(&folder, "probe-3.json"), json!({ "do": "panic" }));
    // A second process does not overwrite existing files.
    let (_process, address) = serve(PROBE, &folder, &[]);
    send(&address, "POST", "/2015-03-31/functions/probe/invocations", &[], r#"{"do":"echo","value":4}"#);
    assert_eq!(names(&folder)[6..], ["probe-4.json", "probe-4.reply"]);
}

#[test]
fn credentials_are_saved_only_on_request() {
    let headers =
        [("Authorization", "Bearer secret"), ("Cookie", "id=secret"), ("X-Api-Key", "secret"), ("X-Kept", "yes")];
    for (args, kept) in [(&[][..], false), (&["--with-credentials"], true)] {
        let folder = folder("credentials");
        let (process, address) = serve(WEB, &folder, args);
        // The function receives them.
        assert!(send(&address, "GET", "/a?access_token=secret", &headers, "").body.contains("Bearer secret"));
        let event = fs::read_to_string(folder.join("web-1.json")).unwrap();
        assert!(event.contains("\"x-kept\": \"yes\""), "{event}");
        assert_eq!(event.contains("secret"), kept, "{event}");
        assert!(process.stdout_line().starts_with("REPORT web GET /a"));
        let said = process.stdout_line();
        let file = folder.join("web-1.json");
        let hint = match kept {
            true => "",
            false => ", without access_token, authorization, cookies, x-api-key (kept with --with-credentials)",
        };
        assert_eq!(said, format!("recorded as {}{hint}", file.display()));
    }
}

#[test]
fn streamed_replies_are_saved() {
    let folder = folder("streams");
    let (_process, address) = serve(STREAMS, &folder, &[]);
    assert!(send(&address, "GET", "/", &[], "").body.ends_with("second"));
    let reply = fs::read(folder.join("streams-1.reply")).unwrap();
    assert!(reply.ends_with(b"\0\0\0\0\0\0\0\0first,second"), "{}", String::from_utf8_lossy(&reply));
}

#[test]
fn unwritable_folder_is_one_line() {
    let file = folder("file");
    fs::write(&file, "").unwrap();
    let ended = Process::start(PROBE, &["--port", "0", "--record", file.to_str().unwrap()], &[]).ended();
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
    assert!(ended.stderr.starts_with(&format!("ERROR cannot record into {}: ", file.display())), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1);
    fs::remove_file(file).unwrap();
}
