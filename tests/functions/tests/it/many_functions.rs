//! Several functions in one binary, in Lambda and in the local Lambda.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, Process, Response, scratch, send};
use lrt::testing::{Event, RuntimeApi};
use serde_json::{Value, json};
use std::ffi::OsStr;

const MANY_FUNCTIONS: &str = env!("CARGO_BIN_EXE_many_functions");

const NAMES: &str = "echo, get, page, fragile-one";

/// Starts a process in a Lambda environment with this `_HANDLER`.
fn in_lambda(api: &RuntimeApi, handler: Option<&str>) -> Process {
    let api = OsStr::new(api.address());
    let env = [Some(("AWS_LAMBDA_RUNTIME_API", api)), handler.map(|handler| ("_HANDLER", OsStr::new(handler)))];
    Process::start(MANY_FUNCTIONS, &[], &env.into_iter().flatten().collect::<Vec<_>>())
}

fn with_api<T>(test: impl AsyncFnOnce(RuntimeApi) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { test(RuntimeApi::start().await.unwrap()).await })
}

#[test]
fn handler_selects_the_function_and_no_other_init_runs() {
    with_api(async |api| {
        let process = in_lambda(&api, Some("get"));
        let request = json!({ "version": "2.0", "rawPath": "/orders/7", "rawQueryString": "", "headers": {},
            "requestContext": { "http": { "method": "GET", "path": "/orders/7" } }, "isBase64Encoded": false });
        let answer = api.invoke(Event::new(request.to_string())).await;
        assert!(answer.text().contains("order 7"), "{}", answer.text());
        process.terminate();
        let ended = process.ended();
        assert_eq!((ended.code, &*ended.stderr), (Some(0), "init of get\n"));
    });
}

#[test]
fn unknown_handler_is_an_init_error_that_lists_the_names() {
    for (handler, what) in [
        (Some("Echo"), "no function has the name \"Echo\" (_HANDLER)"),
        (Some("web::get"), "no function has the name \"web::get\" (_HANDLER)"),
        (Some("fragile"), "no function has the name \"fragile\" (_HANDLER)"),
        (Some(""), "_HANDLER is empty"),
        (None, "_HANDLER is not set"),
    ] {
        with_api(async |api| {
            let process = in_lambda(&api, handler);
            let error = api.init_error().await;
            let message = format!("{what}: set the function's handler to one of {NAMES}");
            let body: Value = serde_json::from_str(&error.text()).unwrap();
            assert_eq!(body["errorType"], "Runtime.HandlerNotFound");
            assert_eq!(body["errorMessage"], message);
            let ended = process.ended();
            let line = format!("ERROR init failed: Runtime.HandlerNotFound: {message}\n");
            assert_eq!((ended.code, ended.stderr), (Some(1), line));
        });
    }
}

/// A running `cargo run -- --port 0`.
struct Local {
    process: Process,
    address: String,
    lines: Vec<String>,
}

impl Local {
    fn start(args: &[&str], env: &[(&str, &OsStr)]) -> Local {
        let process = Process::start(MANY_FUNCTIONS, &[&["--port", "0"], args].concat(), env);
        let line = process.stdout_line();
        let rest = line.strip_prefix("4 functions are served at http://").unwrap_or_else(|| panic!("{line}"));
        let address = rest.split(' ').next().unwrap().to_owned();
        let lines = (0..8).map(|_| process.stdout_line().replace(&address, "HOST")).collect();
        Local { process, address, lines }
    }

    fn invoke(&self, name: &str, event: &str) -> Response {
        send(&self.address, "POST", &format!("/2015-03-31/functions/{name}/invocations"), &[], event)
    }

    fn get(&self, target: &str) -> String {
        send(&self.address, "GET", target, &[], "").body
    }
}

#[test]
fn local_lambda_prints_the_address_of_each_function() {
    let local = Local::start(&[], &[]);
    assert_eq!(
        local.lines,
        [
            "`echo` (json)",
            "  curl http://HOST/2015-03-31/functions/echo/invocations -d '{}'",
            "`get` (as through http_api): GET /orders/{id}",
            "  curl http://HOST/orders/1",
            "`page` (as through function_url): /page/…, and all other requests",
            "  curl http://HOST/",
            "`fragile-one` (json)",
            "  curl http://HOST/2015-03-31/functions/fragile-one/invocations -d '{}'",
        ]
    );
    let local = Local::start(&["--origin", "rest_api"], &[]);
    assert_eq!(local.lines[2], "`get` (as through rest_api): GET /orders/{id}");
    assert_eq!(local.lines[4], "`page` (as through function_url): /page/…, and all other requests");
}

#[test]
fn each_function_is_served_by_name_in_its_own_environment() {
    let local = Local::start(&[], &[]);
    for cold in [true, false] {
        let answer = local.invoke("echo", "[1]").json();
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:echo";
        assert_eq!(answer, json!({ "name": "echo", "arn": arn, "cold": cold, "event": [1] }));
    }
    for unknown in ["fragile", "function", "other"] {
        assert_eq!(local.invoke(unknown, "[1]").status, 404, "{unknown}");
    }
    let refused = send(&local.address, "GET", "/2015-03-31/functions/fragile-one/invocations", &[], "");
    assert!(refused.body.contains("/fragile-one/invocations -d '{}'"), "{refused:?}");
    local.process.signal("-INT");
    // The init of the other functions did not run, since none of them was invoked.
    let ended = local.process.ended();
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
}

#[test]
fn requests_are_matched_by_route_then_name_then_fallback() {
    let local = Local::start(&[], &[]);
    assert_eq!(local.get("/orders/7"), "order 7");
    assert_eq!(local.get("/page/a?b=c"), "GET /a?b=c");
    assert_eq!(local.get("/page?b=c"), "GET /?b=c");
    assert_eq!(local.get("/orders/7/items"), "GET /orders/7/items");
    assert_eq!(local.get("/"), "GET /");
}

#[test]
fn failed_init_runs_again_and_does_not_affect_others() {
    let file = scratch("fragile");
    let local = Local::start(&[], &[("FRAGILE", file.as_os_str())]);
    for _ in 0..2 {
        let failed = local.invoke("fragile-one", "1");
        assert!(failed.body.contains("No such file"), "{failed:?}");
        local.process.wait_for_stderr("init of fragile-one");
    }
    assert_eq!(local.invoke("echo", "1").json()["event"], 1);
    std::fs::write(&file, "it is there").unwrap();
    assert_eq!(local.invoke("fragile-one", "1").json(), "it is there");
}

fn run(args: &[&str], stdin: &str) -> Ended {
    let mut process = Process::start(MANY_FUNCTIONS, args, &[]);
    process.stdin(stdin.as_bytes());
    process.ended()
}

#[test]
fn commands_take_a_function_name() {
    let ended = run(&["invoke", "echo", "-"], "7");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap()["event"], 7);
    let sample = run(&["sample", "get"], "");
    assert!(sample.stdout.contains("\"rawPath\": \"/orders/1\""), "{sample:?}");
    let names = "`echo`, `get`, `page`, `fragile-one`";
    for (args, wrong) in [
        (&["invoke", "-"][..], format!("ERROR missing function name (expected one of {names})\n")),
        (&["invoke", "other", "-"], format!("ERROR unknown function \"other\" (expected one of {names})\n")),
        (&["sample"], format!("ERROR missing function name (expected one of {names})\n")),
        (&["--origin", "alb"], "ERROR --origin alb: no function supports it\n".to_owned()),
    ] {
        let ended = run(args, "7");
        assert_eq!((ended.code, ended.stderr), (Some(2), wrong), "{args:?}");
    }
    let help = run(&["--help"], "").stdout;
    assert!(help.starts_with(&format!("The functions {names} on this machine:\n")), "{help}");
}
