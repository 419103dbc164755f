//! Execution environments of the local Lambda: processes that start, time out, crash, write logs and exit.

// Release builds have no local Lambda, and the tests use Linux system calls.
#![cfg(all(debug_assertions, target_os = "linux"))]
// In tests, `unwrap` is an assertion.
use crate::support::{OpenRequest, PROBE, Process, Response, TIMEOUT, scratch, send};
use base64::Engine as _;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

const PATH: &str = "/2015-03-31/functions/probe/invocations";
const TAIL: (&str, &str) = ("X-Amz-Log-Type", "Tail");

/// A running `cargo run -- --port 0 ARGS`.
struct Local {
    process: Process,
    address: String,
}

impl Local {
    fn start(args: &[&str]) -> Local {
        Local::with(args, &[])
    }

    fn with(args: &[&str], env: &[(&str, &OsStr)]) -> Local {
        Local::with_program(PROBE, args, env)
    }

    fn with_program(program: &str, args: &[&str], env: &[(&str, &OsStr)]) -> Local {
        let process = Process::start(program, &[&["--port", "0"], args].concat(), env);
        let line = process.stdout_line();
        let address = line.strip_prefix("`probe` is served at http://").and_then(|rest| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        process.stdout_line();
        Local { process, address }
    }

    fn invoke(&self, event: Value) -> Response {
        self.post(&[], event)
    }

    fn post(&self, headers: &[(&str, &str)], event: Value) -> Response {
        send(&self.address, "POST", PATH, headers, &event.to_string())
    }

    fn begin(&self, event: &Value) -> OpenRequest {
        let event = event.to_string();
        let mut request = OpenRequest::begin(&self.address, "POST", PATH, &[], event.len());
        request.write(event);
        request
    }

    /// Returns the log stream of the environment that handles the next event, which names its process.
    fn log_stream(&self) -> String {
        self.invoke(json!({ "do": "context" })).json()["log_stream"].as_str().expect("a log stream").to_owned()
    }
}

/// Returns the log tail of a response.
fn tail(response: &Response) -> String {
    let log = response.header("X-Amz-Log-Result").unwrap_or_else(|| panic!("no log: {response:?}"));
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(log).unwrap()).unwrap()
}

/// Replaces numbers, which differ from run to run.
fn without_numbers(log: &str, id: &str) -> String {
    let log = log.replace(id, "ID");
    log.split_inclusive(['\t', ' '])
        .map(|word| if word.starts_with(|c: char| c.is_ascii_digit()) { "N " } else { word })
        .collect()
}

#[track_caller]
fn assert_function_error(response: &Response, name: &str, message: &str) {
    assert_eq!((response.status, response.header("X-Amz-Function-Error")), (200, Some("Unhandled")), "{response:?}");
    let id = response.header("x-amzn-RequestId").unwrap();
    let message = format!("RequestId: {id} Error: {message}");
    assert_eq!(response.json(), json!({ "errorType": name, "errorMessage": message }));
}

fn processes_of(parent: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    children.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

fn wait_for_end(process: u32) {
    let begin = Instant::now();
    while Path::new(&format!("/proc/{process}")).exists() {
        assert!(begin.elapsed() < TIMEOUT, "process {process} goes on");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn log_tail_has_the_lines_that_lambda_writes() {
    let local = Local::start(&[]);
    let print = json!({ "do": "print", "out": "out", "err": "err" });
    let cold = local.post(&[TAIL], print.clone());
    let id = cold.header("x-amzn-RequestId").unwrap();
    let report =
        "REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: N MB\tMax Memory Used: N MB\t";
    let lines = "START RequestId: ID Version: $LATEST\nprobe begins\nout\nerr\nEND RequestId: ID\n";
    assert_eq!(without_numbers(&tail(&cold), id), format!("{lines}{report}Init Duration: N ms\t\n"));
    let warm = local.post(&[TAIL], print);
    let id = warm.header("x-amzn-RequestId").unwrap();
    assert_eq!(without_numbers(&tail(&warm), id), format!("{lines}{report}\n"));
    assert_eq!(local.invoke(json!({ "do": "error" })).header("X-Amz-Log-Result"), None);
    let long = local.post(&[TAIL], json!({ "do": "print", "out": "x".repeat(10_000), "err": "" }));
    assert_eq!(tail(&long).len(), 4096);
    assert_eq!(local.post(&[("X-Amz-Log-Type", "Head")], json!({})).status, 400);
}

#[test]
fn function_output_is_forwarded_and_each_invocation_is_one_line() {
    let local = Local::start(&[]);
    local.invoke(json!({ "do": "print", "out": "a line", "err": "a part" }));
    local.process.wait_for_stderr("a line");
    local.process.wait_for_stderr("a part");
    let cold = local.process.stdout_line();
    assert!(cold.starts_with("REPORT probe: ok in ") && cold.contains(" ms, cold (init "), "{cold}");
    local.invoke(json!({ "do": "error" }));
    let warm = local.process.stdout_line();
    assert!(warm.starts_with("REPORT probe: error ProbeError in ") && warm.ends_with(" ms, warm"), "{warm}");
}

#[test]
fn blocking_function_is_killed_at_its_deadline_and_replaced() {
    let local = Local::start(&["--timeout", "0.3"]);
    let first = local.log_stream();
    let response = local.post(&[TAIL], json!({ "do": "block", "ms": 3_600_000 }));
    assert_function_error(&response, "Sandbox.Timedout", "Task timed out after 0.30 seconds");
    let log = tail(&response);
    assert!(log.contains(" Task timed out after 0.30 seconds\n\nEND RequestId: "), "{log}");
    assert!(log.ends_with("\tStatus: timeout\t\n"), "{log}");
    assert_ne!(local.log_stream(), first);
    // The function also has the deadline, and answers before it.
    let response = local.invoke(json!({ "do": "sleep", "ms": 3_600_000 }));
    assert_eq!(response.json()["errorType"], "Function.Timeout");
}

#[test]
fn exited_process_is_an_exit_error_and_is_replaced() {
    let local = Local::start(&[]);
    let first = local.log_stream();
    for (code, how) in [
        (1, "Runtime exited with error: exit status 1"),
        (101, "Runtime exited with error: exit status 101"),
        (0, "Runtime exited without providing a reason"),
    ] {
        let response = local.post(&[TAIL], json!({ "do": "exit", "code": code }));
        assert_function_error(&response, "Runtime.ExitError", how);
        let log = tail(&response);
        assert!(log.contains(&format!(" Error: {how}\nRuntime.ExitError\nEND RequestId: ")), "{log}");
    }
    assert_ne!(local.log_stream(), first);
}

#[test]
fn process_that_exited_between_events_is_replaced() {
    let local = Local::start(&[]);
    let first = local.log_stream();
    for process in processes_of(local.process.id()) {
        std::process::Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
        // After its exit, the process is a zombie without other threads until its parent collects the exit status.
        let has_ended = || {
            // The process may already have been reaped.
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return true };
            let tasks = std::fs::read_dir(format!("/proc/{process}/task")).map_or(0, Iterator::count);
            stat.contains(") Z ") && tasks <= 1
        };
        let begin = Instant::now();
        while !has_ended() {
            assert!(begin.elapsed() < TIMEOUT, "process {process} goes on");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    assert_ne!(local.log_stream(), first);
}

#[test]
fn concurrency_limits_the_number_of_environments() {
    let local = Local::start(&["--concurrency", "2"]);
    let sleep = json!({ "do": "sleep", "ms": 400 });
    let begin = Instant::now();
    let both = [local.begin(&sleep), local.begin(&sleep)];
    both.into_iter().for_each(|request| assert_eq!(request.response().body, "null"));
    let took = begin.elapsed().as_millis();
    assert_eq!(processes_of(local.process.id()).len(), 2);
    // An environment handles one event after the other.
    let local = Local::start(&[]);
    let begin = Instant::now();
    let both = [local.begin(&sleep), local.begin(&sleep)];
    both.into_iter().for_each(|request| assert_eq!(request.response().body, "null"));
    assert!(begin.elapsed().as_millis() >= 800);
    assert_eq!(processes_of(local.process.id()).len(), 1);
    assert!(took >= 400, "{took}");
}

#[test]
fn failed_asynchronous_invocation_is_retried() {
    let local = Local::start(&[]);
    let response = local.post(&[("X-Amz-Invocation-Type", "Event")], json!({ "do": "error" }));
    assert_eq!(response.status, 202);
    let lines: Vec<String> = (0..5).map(|_| local.process.stdout_line()).collect();
    for (line, begin) in lines.iter().zip([
        "REPORT probe: error ProbeError in ",
        "probe: async invocation failed; retrying in 1 s (Lambda: 1 min)",
        "REPORT probe (attempt 2): error ProbeError in ",
        "probe: async invocation failed; retrying in 2 s (Lambda: 2 min)",
        "REPORT probe (attempt 3): error ProbeError in ",
    ]) {
        assert!(line.starts_with(begin), "{lines:?}");
    }
}

#[test]
fn client_context_must_be_a_json_object_in_base64() {
    let local = Local::start(&[]);
    let context = |sent: &str| local.post(&[("X-Amz-Client-Context", sent)], json!({ "do": "context" }));
    // {"a":\n"ä"}
    assert_eq!(context("eyJhIjoKIsOkIn0=").json()["client_context"], r#"{"a":"ä"}"#);
    for wrong in ["e30", "WzFd", "no base64", &"e30=".repeat(1000)] {
        let response = context(wrong);
        assert_eq!(response.status, 400, "{response:?}");
        assert_eq!(response.header("x-amzn-ErrorType"), Some("InvalidRequestContentException"));
    }
}

#[test]
fn max_concurrency_of_the_parent_is_not_inherited() {
    let local = Local::with(&[], &[("AWS_LAMBDA_MAX_CONCURRENCY", OsStr::new("3"))]);
    for value in 0..3 {
        assert_eq!(local.invoke(json!({ "do": "echo", "value": value })).json(), value);
    }
    local.process.signal("-INT");
    let ended = local.process.ended();
    assert_eq!(ended.stderr, "probe begins\n".repeat(3), "{ended:?}");
}

#[test]
fn environment_has_lambdas_variables_and_keeps_those_of_the_user() {
    let env =
        [("AWS_LAMBDA_FUNCTION_NAME", OsStr::new("mine")), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", OsStr::new("512"))];
    let local = Local::with(&[], &env);
    let response = local.post(&[TAIL], json!({ "do": "context" }));
    let context = response.json();
    assert_eq!((&context["function_name"], &context["memory_mb"]), (&json!("mine"), &json!(512)));
    assert!(tail(&response).contains("\tMemory Size: 512 MB\t"));
    let process = processes_of(local.process.id())[0];
    let environment = std::fs::read_to_string(format!("/proc/{process}/environ")).unwrap();
    for variable in
        ["_HANDLER=probe", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand"]
    {
        assert!(environment.split('\0').any(|set| set == variable), "{variable}: {environment}");
    }
}

#[test]
fn environments_end_with_the_local_lambda() {
    for signal in ["-TERM", "-KILL"] {
        let local = Local::start(&[]);
        let idle = processes_of(local.process.id());
        local.process.signal(signal);
        idle.into_iter().for_each(wait_for_end);

        let local = Local::start(&[]);
        let block = local.begin(&json!({ "do": "block", "ms": 3_600_000 }));
        local.process.wait_for_stderr("probe begins");
        let busy = processes_of(local.process.id());
        assert_eq!(busy.len(), 1);
        local.process.signal(signal);
        if signal == "-TERM" {
            assert_function_error(&block.response(), "Runtime.ExitError", "the local Lambda is shutting down");
        }
        busy.into_iter().for_each(wait_for_end);
    }
}

#[test]
fn init_runs_in_each_process_and_its_output_precedes_the_start_line() {
    let file = scratch("environments-shutdown");
    let local = Local::with(&[], &[("PROBE_INIT", "error".as_ref()), ("PROBE_SHUTDOWN", file.as_os_str())]);
    let response = local.post(&[TAIL], json!({ "do": "echo" }));
    let log = tail(&response);
    assert!(log.starts_with("ERROR init failed: ProbeError: "), "{log}");
    assert!(
        log.contains("\nSTART RequestId: ") && log.ends_with("\tStatus: error\tError Type: ProbeError\t\n"),
        "{log}"
    );
}

#[test]
fn rebuilt_executable_replaces_the_environment() {
    let executable = scratch("rebuilt-probe");
    let build = || {
        // As cargo does, replaces the file of a running process.
        _ = std::fs::remove_file(&executable);
        std::fs::copy(PROBE, &executable).unwrap();
    };
    build();
    let program = executable.to_str().unwrap();
    let local = Local::with_program(program, &[], &[]);
    let first = local.log_stream();
    assert_eq!(local.log_stream(), first);
    build();
    let second = local.log_stream();
    assert_ne!(second, first);
    local.process.wait_for_stdout("probe: the executable has changed; starting a new environment");
    assert_eq!(local.log_stream(), second);
    // If the executable is missing, it is being built, so the environment is kept.
    std::fs::remove_file(&executable).unwrap();
    assert_eq!(local.log_stream(), second);
}
