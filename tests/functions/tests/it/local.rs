//! Tests of the local Lambda: starts the debug build of a function outside of Lambda, and invokes it.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, OpenRequest, PROBE, Process, Response, scratch, send};
use serde_json::{Value, json};
use std::ffi::OsStr;

const PATH: &str = "/2015-03-31/functions/probe/invocations";
const LIMIT: usize = 6_291_556;
const ASYNC_LIMIT: usize = 1_048_576;

/// A running `cargo run -- --port 0`.
struct Local {
    process: Process,
    address: String,
}

impl Local {
    fn start() -> Local {
        Local::with(&[])
    }

    fn with(env: &[(&str, &OsStr)]) -> Local {
        let process = Process::start(PROBE, &["--port", "0"], env);
        let line = process.stdout_line();
        let address = line.strip_prefix("`probe` is served at http://").and_then(|rest| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        let curl = format!("curl http://{address}{PATH} -d '{{}}'");
        assert_eq!(process.stdout_line(), curl);
        Local { process, address }
    }

    fn invoke(&self, event: Value) -> Response {
        self.post(&[], &event.to_string())
    }

    fn post(&self, headers: &[(&str, &str)], body: &str) -> Response {
        send(&self.address, "POST", PATH, headers, body)
    }

    fn context_of(&self, path: &str, headers: &[(&str, &str)]) -> (Response, Value) {
        let response = send(&self.address, "POST", path, headers, r#"{"do":"context"}"#);
        let context = response.json();
        (response, context)
    }
}

/// Runs `cargo run -- ARGS` until it exits.
fn run(args: &[&str], env: &[(&str, &OsStr)], stdin: &str) -> Ended {
    let mut process = Process::start(PROBE, args, env);
    process.stdin(stdin.as_bytes());
    process.ended()
}

fn invoke(event: Value) -> Ended {
    run(&["invoke", "-"], &[], &event.to_string())
}

/// Returns an event of this size in bytes.
fn padded(bytes: usize) -> String {
    let event = |pad: usize| format!(r#"{{"do":"echo","value":1,"pad":"{}"}}"#, "x".repeat(pad));
    event(bytes - event(0).len())
}

/// Asserts an error in the form of the Lambda service.
#[track_caller]
fn assert_error(response: &Response, status: u16, name: &str, key: &str, message: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("x-amzn-ErrorType"), Some(name));
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    assert_eq!(response.json(), json!({ "Type": "User", key: message }));
}

#[test]
fn reply_has_the_headers_of_the_lambda_service() {
    let local = Local::start();
    let response = local.invoke(json!({ "do": "echo", "value": { "a": [1, "ä"] } }));
    assert_eq!(response.status, 200);
    assert_eq!(response.json(), json!({ "a": [1, "ä"] }));
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    assert_eq!(response.header("X-Amz-Executed-Version"), Some("$LATEST"));
    assert_eq!(response.header("X-Amz-Function-Error"), None);
    assert!(response.header("x-amzn-RequestId").is_some());
}

#[test]
fn context_has_the_values_of_lambda() {
    let local = Local::start();
    let (response, context) = local.context_of(PATH, &[]);
    assert_eq!(context["request_id"].as_str(), response.header("x-amzn-RequestId"));
    assert_eq!(context["function_arn"], "arn:aws:lambda:us-east-1:000000000000:function:probe");
    assert_eq!(context["function_name"], "probe");
    assert_eq!(context["version"], "$LATEST");
    assert_eq!(context["memory_mb"], 128);
    assert_eq!(context["log_group"], "/aws/lambda/probe");
    assert!(context["log_stream"].as_str().unwrap().contains("/[$LATEST]"), "{context}");
    assert_eq!(context["cold_start"], true);
    assert!((1..=900_000).contains(&context["remaining_ms"].as_u64().unwrap()), "{context}");
    assert!(context["trace_id"].as_str().unwrap().starts_with("Root=1-"), "{context}");
    for absent in ["tenant_id", "client_context", "identity"] {
        assert_eq!(context[absent], Value::Null, "{absent}");
    }

    let headers = [
        ("X-Amz-Client-Context", "eyJjdXN0b20iOnt9fQ=="),
        ("X-Amz-Tenant-Id", "blue"),
        ("X-Amzn-Trace-Id", "Root=1-a-b;Sampled=1"),
    ];
    let (_, context) = local.context_of(PATH, &headers);
    assert_eq!(context["client_context"], r#"{"custom":{}}"#);
    assert_eq!(context["tenant_id"], "blue");
    assert_eq!(context["trace_id"], "Root=1-a-b;Sampled=1");
    assert_eq!(context["cold_start"], false);
}

#[test]
fn function_is_found_by_name_and_arn() {
    let local = Local::start();
    let ours = "arn:aws:lambda:us-east-1:000000000000:function:probe";
    for (name, arn) in [
        ("probe:live", &*format!("{ours}:live")),
        ("probe?Qualifier=7", &*format!("{ours}:7")),
        ("function", "arn:aws:lambda:us-east-1:000000000000:function:function"),
        ("arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Aprobe", "arn:aws:lambda:eu-west-1:1:function:probe"),
        ("arn:aws:lambda:eu-west-1:1:function:probe:8", "arn:aws:lambda:eu-west-1:1:function:probe:8"),
    ] {
        let (name, query) = name.split_once('?').map_or((name, String::new()), |(n, q)| (n, format!("?{q}")));
        let (_, context) = local.context_of(&format!("/2015-03-31/functions/{name}/invocations{query}"), &[]);
        assert_eq!(context["function_arn"], arn);
    }
    let response = send(&local.address, "POST", "/2015-03-31/functions/other/invocations", &[], "{}");
    let message = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:other";
    assert_error(&response, 404, "ResourceNotFoundException", "Message", message);
}

#[test]
fn function_error_is_200_with_a_header() {
    let local = Local::start();
    let response = local.invoke(json!({ "do": "error" }));
    assert_eq!(response.status, 200);
    assert_eq!(response.header("X-Amz-Function-Error"), Some("Unhandled"));
    assert_eq!(response.header("X-Amz-Executed-Version"), Some("$LATEST"));
    let error = json!({
        "errorType": "ProbeError",
        "errorMessage": "the probe failed",
        "stackTrace": ["invalid digit found in string"],
    });
    assert_eq!(response.json(), error);

    let response = local.invoke(json!({ "do": "panic" }));
    assert_eq!((response.status, response.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
    assert_eq!(response.json()["errorType"], "Function.Panic");
    assert_eq!(local.invoke(json!({ "do": "echo", "value": 1 })).body, "1");
}

#[test]
fn asynchronous_invocation_runs() {
    let local = Local::start();
    let file = scratch("async-event");
    let event = json!({ "do": "wait_until", "ms": 1, "file": file }).to_string();
    let response = local.post(&[("X-Amz-Invocation-Type", "Event")], &event);
    assert_eq!((response.status, &*response.body), (202, ""));
    assert!(response.header("x-amzn-RequestId").is_some());
    // The next event is fetched after this one, including its `wait_until` work.
    assert_eq!(local.invoke(json!({ "do": "echo", "value": 1 })).status, 200);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "waited");
}

#[test]
fn dry_run_does_not_invoke_the_function() {
    let local = Local::start();
    let dry = [("X-Amz-Invocation-Type", "DryRun")];
    let response = local.post(&dry, r#"{"do":"echo"}"#);
    assert_eq!((response.status, &*response.body), (204, ""));
    assert_eq!(local.post(&dry, "{").status, 400);
    assert_eq!(local.context_of(PATH, &[]).1["cold_start"], true);
}

#[test]
fn unknown_invocation_type_is_rejected() {
    let response = Local::start().post(&[("X-Amz-Invocation-Type", "Later")], "{}");
    let message = "invalid invocation type \"Later\" (expected one of RequestResponse, Event, DryRun)";
    assert_error(&response, 400, "InvalidParameterValueException", "message", message);
}

#[test]
fn invalid_json_is_rejected_and_empty_payload_is_an_empty_object() {
    let local = Local::start();
    let message = "Could not parse request body into json: key must be a string at line 1 column 2";
    assert_error(&local.post(&[], "{x"), 400, "InvalidRequestContentException", "message", message);
    let empty = local.post(&[], "").json();
    assert_eq!(empty["errorMessage"], local.post(&[], "{}").json()["errorMessage"]);
    assert!(empty["errorMessage"].as_str().unwrap().contains("missing field `do`"), "{empty}");
}

#[test]
fn payload_limits_are_lambdas() {
    let local = Local::start();
    let event = [("X-Amz-Invocation-Type", "Event")];
    assert_eq!(local.post(&[], &padded(LIMIT)).body, "1");
    assert_eq!(local.post(&event, &padded(ASYNC_LIMIT)).status, 202);
    let message = |size, kind, limit| {
        format!("{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)")
    };
    let said = message(LIMIT + 1, "RequestResponse", LIMIT);
    assert_error(&local.post(&[], &padded(LIMIT + 1)), 413, "RequestTooLargeException", "message", &said);
    let said = message(ASYNC_LIMIT + 1, "Event", ASYNC_LIMIT);
    assert_error(&local.post(&event, &padded(ASYNC_LIMIT + 1)), 413, "RequestTooLargeException", "message", &said);
}

#[test]
fn large_replies_are_complete() {
    let local = Local::start();
    assert_eq!(local.invoke(json!({ "do": "size", "bytes": LIMIT - 2 })).body.len(), LIMIT);
    let response = local.invoke(json!({ "do": "size", "bytes": LIMIT - 1 }));
    assert_eq!(response.header("X-Amz-Function-Error"), Some("Unhandled"));
    assert_eq!(response.json()["errorType"], "Function.ResponseSizeTooLarge");
}

#[test]
fn unknown_paths_and_methods_are_rejected_with_the_right_one() {
    let local = Local::start();
    let curl = format!("curl http://{}{PATH} -d '{{}}'", local.address);
    for path in ["/", "/2015-03-31/functions/probe", "/2015-03-31/functions/a/b/invocations"] {
        let response = send(&local.address, "GET", path, &[], "");
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.body, format!("not found; invoke the function with: {curl}\n"));
    }
    let response = send(&local.address, "GET", PATH, &[], "");
    assert_eq!((response.status, response.header("Allow")), (405, Some("POST")));
    assert_eq!(response.body, format!("method not allowed (expected POST); invoke the function with: {curl}\n"));
}

#[test]
fn web_pages_cannot_invoke_the_function() {
    let local = Local::start();
    assert_eq!(local.post(&[("Host", "evil.example:9000")], "{}").status, 403);
    assert_eq!(local.post(&[("Origin", "https://evil.example")], "{}").status, 403);
    assert_eq!(local.post(&[("Host", "localhost"), ("Origin", "http://localhost:3000")], "{}").status, 403);
    let own = format!("http://{}", local.address);
    assert_eq!(local.post(&[("Origin", &own)], "{}").status, 200);
}

#[test]
fn blocking_function_does_not_block_the_server() {
    let local = Local::start();
    let event = json!({ "do": "block", "ms": 3_600_000 }).to_string();
    assert_eq!(local.post(&[("X-Amz-Invocation-Type", "Event")], &event).status, 202);
    local.process.wait_for_stderr("probe begins");
    assert_eq!(local.post(&[("X-Amz-Invocation-Type", "DryRun")], "{}").status, 204);
    assert_eq!(local.post(&[("X-Amz-Invocation-Type", "Event")], "{}").status, 202);
}

#[test]
fn failed_init_is_reported_to_each_caller() {
    for (how, error) in [("error", "ProbeError"), ("panic", "Function.Panic")] {
        let wait = OsStr::new("1");
        let mut local = Local::with(&[("PROBE_INIT", how.as_ref()), ("PROBE_INIT_WAIT", wait)]);
        let mut waiting = OpenRequest::begin(&local.address, "POST", PATH, &[("Expect", "100-continue")], 2);
        waiting.wait_for_continue();
        waiting.write("{}");
        local.process.stdin(b"");
        let response = waiting.response();
        assert_eq!((response.status, response.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
        assert_eq!(response.json()["errorType"], error);
        assert_eq!(local.invoke(json!({ "do": "echo" })).json()["errorType"], error);
        local.process.signal("-INT");
        let ended = local.process.ended();
        assert_eq!(ended.code, Some(0));
        assert!(ended.stderr.contains("ERROR init failed: "), "{ended:?}");
        assert!(ended.stdout.contains(&format!("REPORT probe: init error {error} in ")), "{ended:?}");
    }
}

#[test]
fn interrupt_exits_after_shutdown() {
    let file = scratch("serve-shutdown");
    let local = Local::with(&[("PROBE_SHUTDOWN", file.as_os_str())]);
    assert_eq!(local.invoke(json!({ "do": "echo", "value": 1 })).status, 200);
    local.process.signal("-INT");
    let ended = local.process.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "shutdown");
}

#[test]
fn interrupt_leaves_no_request_unanswered() {
    let local = Local::start();
    let sleep = json!({ "do": "sleep", "ms": 3_600_000 }).to_string();
    let start = || {
        let mut request = OpenRequest::begin(&local.address, "POST", PATH, &[], sleep.len());
        request.write(&sleep);
        request
    };
    let running = start();
    local.process.wait_for_stderr("probe begins");
    let mut queued = OpenRequest::begin(&local.address, "POST", PATH, &[("Expect", "100-continue")], 2);
    queued.wait_for_continue();
    queued.write("{}");
    local.process.signal("-INT");
    let response = running.response();
    assert_eq!((response.status, response.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
    assert_eq!(response.json()["errorType"], "Function.Timeout");
    let response = queued.response();
    assert_eq!((response.status, response.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
    assert_eq!(response.json()["errorType"], "Runtime.ExitError");
    assert_eq!(local.process.ended().code, Some(0));
}

#[test]
fn port_in_use_is_one_line() {
    let local = Local::start();
    let port = local.address.rsplit_once(':').unwrap().1;
    let ended = run(&["--port", port], &[], "");
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, format!("ERROR port {port} is in use; select another with --port N (0: any free port)\n"));
    assert_eq!(ended.stdout, "");
}

#[test]
fn invoke_reads_a_file_or_stdin_and_prints_the_reply() {
    let file = scratch("event.json");
    std::fs::write(&file, r#"{"do":"echo","value":[1, "ä"]}"#).unwrap();
    let ended = run(&["invoke", file.to_str().unwrap()], &[], "");
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "[1,\"ä\"]\n"), "{ended:?}");
    let ended = invoke(json!({ "do": "context" }));
    let context: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(context["function_arn"], "arn:aws:lambda:us-east-1:000000000000:function:probe");
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr, "probe begins\n");
}

#[test]
fn invoke_waits_for_the_function() {
    let (waited, shutdown) = (scratch("invoke-waited"), scratch("invoke-shutdown"));
    // Longer than the grace period of 250 ms at shutdown.
    let event = json!({ "do": "wait_until", "ms": 300, "file": waited }).to_string();
    let ended = run(&["invoke", "-"], &[("PROBE_SHUTDOWN", shutdown.as_os_str())], &event);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "null\n"), "{ended:?}");
    assert_eq!(std::fs::read_to_string(waited).unwrap(), "waited");
    assert_eq!(std::fs::read_to_string(shutdown).unwrap(), "shutdown");
}

#[test]
fn invoke_exits_1_when_the_function_fails() {
    for (event, error) in [("error", "ProbeError"), ("panic", "Function.Panic"), ("?", "Runtime.UnmarshalError")] {
        let ended = invoke(json!({ "do": event }));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(printed["errorType"], error);
    }
    for how in ["error", "panic"] {
        let ended = run(&["invoke", "-"], &[("PROBE_INIT", how.as_ref())], "{}");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("ERROR init failed: "), "{ended:?}");
    }
}

/// serde decodes the fields of a tagged enum from a copy of the event without positions.
#[test]
fn decode_error_without_a_position_names_none() {
    let printed: Value = serde_json::from_str(&invoke(json!({ "do": "size" })).stdout).unwrap();
    assert_eq!(printed["errorMessage"], "missing field `bytes`");
}

#[test]
fn unreadable_event_is_one_line() {
    let file = scratch("broken.json");
    let path = file.to_str().unwrap();
    let ended = run(&["invoke", path], &[], "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.starts_with(&format!("ERROR cannot read {path}: ")), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1);

    std::fs::write(&file, "{\n  \"do\": \"echo\",\n}").unwrap();
    let ended = run(&["invoke", path], &[], "");
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, format!("ERROR invalid JSON in {path}: key must be a string at line 3 column 1\n"));

    let ended = run(&["invoke", "-"], &[], "");
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, "ERROR invalid JSON in standard input: EOF while parsing a value at line 1 column 0\n");

    let ended = run(&["invoke", "-"], &[], &padded(LIMIT + 1));
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, "ERROR standard input exceeds the limit of 6291556 bytes: 6291557 bytes\n");
}

#[test]
fn help_is_printed_and_an_unknown_argument_is_one_line() {
    for args in [&["--help"][..], &["-h"], &["help"], &["inovke", "--help"]] {
        let ended = run(args, &[], "");
        assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
        assert!(ended.stdout.starts_with("The function `probe` on this machine:\n"), "{ended:?}");
        assert!(ended.stdout.contains("cargo run -- invoke event.json\n"), "{ended:?}");
    }
    for command in ["invoke", "sample", "template"] {
        for args in [[command, "--help"], ["help", command]] {
            let ended = run(&args, &[], "");
            assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
            assert!(ended.stdout.starts_with(&format!("cargo run -- {command}")), "{ended:?}");
            assert!(ended.stdout.contains(&format!("\n  cargo run -- {command} ")), "{ended:?}");
        }
    }
    let ended = run(&["inovke", "event.json"], &[], "");
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
    assert_eq!(ended.stderr, "ERROR unknown command \"inovke\": did you mean `invoke`? see --help\n");
    assert_eq!(
        run(&["--prot", "1"], &[], "").stderr,
        "ERROR invalid option '--prot': did you mean --port? see --help\n"
    );
}

/// Under an emulator, several processes write to one log: separate writes of one line would be interleaved.
#[test]
fn log_line_is_a_single_write() {
    let file = scratch("one-piece.json");
    std::fs::write(&file, "{}").unwrap();
    let (log, stderr) = std::os::unix::net::UnixDatagram::pair().unwrap();
    let mut probe = std::process::Command::new(PROBE)
        .args(["invoke", file.to_str().unwrap()])
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .env("PROBE_INIT", "error")
        .stdin(std::process::Stdio::null())
        .stderr(std::os::fd::OwnedFd::from(stderr))
        .spawn()
        .unwrap();
    assert_eq!(probe.wait().unwrap().code(), Some(1));
    log.set_nonblocking(true).unwrap();
    let mut piece = [0; 4096];
    let n = log.recv(&mut piece).unwrap();
    let line = "ERROR init failed: ProbeError: the probe failed: invalid digit found in string\n";
    assert_eq!(String::from_utf8_lossy(&piece[..n]), line);
}

#[test]
fn closed_output_is_not_a_failure() {
    let file = scratch("closed-pipe.json");
    std::fs::write(&file, r#"{"do":"size","bytes":1000000}"#).unwrap();
    let status = std::process::Command::new(PROBE)
        .args(["invoke", file.to_str().unwrap()])
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .stdout(closed_pipe())
        .stderr(std::process::Stdio::null())
        .status();
    assert_eq!(status.unwrap().code(), Some(0));
}

/// Returns the writing end of a pipe whose reading end is closed.
fn closed_pipe() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}
