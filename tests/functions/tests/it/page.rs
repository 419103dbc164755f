//! The page of the local Lambda at `/_lrt`, in a real browser, and its API.

// Release builds have no local Lambda, and the addresses of the tests exist on Linux only.
#![cfg(all(debug_assertions, target_os = "linux"))]
// In tests, `unwrap` is an assertion.
use crate::support::browser::Browser;
use crate::support::{PROBE, Process, Response, send};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::PathBuf;

const MESSAGES: &str = env!("CARGO_BIN_EXE_messages");
const MANY_FUNCTIONS: &str = env!("CARGO_BIN_EXE_many_functions");

/// Creates a package folder, which `cargo run` would pass to the program.
fn package(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{name}"));
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("events")).unwrap();
    folder
}

fn serve(program: &str, package: &std::path::Path) -> (Process, String) {
    let done = package.join("done");
    let env: [(&str, &OsStr); 2] = [("CARGO_MANIFEST_DIR", package.as_os_str()), ("DONE_FILE", done.as_os_str())];
    let process = Process::start(program, &["--port", "0"], &env);
    let line = process.stdout_line();
    let address = line.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
    let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
    (process, address)
}

fn get(address: &str, path: &str) -> Response {
    send(address, "GET", path, &[], "")
}

fn fill(browser: &Browser, event: &Value) {
    browser.script(&format!("document.getElementById('event').value = {}", json!(event.to_string())));
}

fn text_of(browser: &Browser, selector: &str) -> Vec<String> {
    let list =
        browser.script(&format!("return [...document.querySelectorAll({selector:?})].map((one) => one.innerText)"));
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn event_can_be_selected_edited_sent_repeated_and_saved() {
    let Some(browser) = Browser::start() else { return };
    let package = package("browser");
    std::fs::write(package.join("events/kept.json"), r#"{"do":"echo","value":1.50}"#).unwrap();
    let (_process, address) = serve(PROBE, &package);
    browser.open(&format!("http://{address}/_lrt"));
    browser.wait_for("return document.getElementById('function').value === 'probe'");
    assert_eq!(text_of(&browser, "#sample option"), ["events/kept.json"]);
    browser.script(
        "const list = document.getElementById('sample'); list.value = 0; list.dispatchEvent(new Event('change'))",
    );
    assert_eq!(
        browser.script("return document.getElementById('event').value"),
        "{\n  \"do\": \"echo\",\n  \"value\": 1.50\n}"
    );
    // Sends the event with Ctrl-Enter in the text. These are the key codes of WebDriver.
    browser.enter("#event", "\u{e009}\u{e006}\u{e000}");
    browser.wait_for("return document.getElementById('status').innerText.startsWith('✓ probe: ok in ')");
    assert_eq!(browser.text("#reply"), "1.5");
    assert!(
        browser.text("#log").contains("Version: $LATEST\nprobe begins\nEND RequestId: "),
        "{}",
        browser.text("#log")
    );
    assert!(browser.text("#status").contains(", cold (init "), "{}", browser.text("#status"));

    fill(&browser, &json!({ "do": "error" }));
    browser.click("#send");
    browser.wait_for("return document.getElementById('status').innerText.startsWith('✗ probe: error ProbeError in ')");
    assert!(browser.text("#reply").contains("\"errorType\": \"ProbeError\""), "{}", browser.text("#reply"));
    browser.click("#save");
    browser.wait_for("return document.getElementById('saved').innerText.includes('probe-1.json')");
    let saved = std::fs::read_to_string(package.join("events/probe-1.json")).unwrap();
    assert_eq!(saved, "{\n  \"do\": \"error\"\n}\n");
    assert!(package.join("events/probe-1.reply").exists());

    // Invocations through the API are listed as well. The last row repeats the first invocation.
    send(&address, "POST", "/2015-03-31/functions/probe/invocations", &[], r#"{"do":"panic"}"#);
    // Two requests for the history may overlap.
    browser.script("refresh(); refresh();");
    browser.wait_for("return document.querySelectorAll('#history tbody tr').length === 3");
    browser.click("#history tbody tr:last-child button:nth-of-type(2)");
    browser.wait_for("return document.querySelectorAll('#history tbody tr').length === 4");
    browser.wait_for("return document.getElementById('reply').innerText === '1.5'");
    assert_eq!(
        browser.script("return document.getElementById('event').value"),
        "{\n  \"do\": \"echo\",\n  \"value\": 1.50\n}"
    );

    // An event whose `Records` are not a batch is shown like any other event.
    fill(&browser, &json!({ "do": "echo", "value": "other", "records": { "a": 1 } }));
    browser.click("#send");
    browser.wait_for("return document.getElementById('reply').innerText === '\"other\"'");
    assert!(browser.text("#status").starts_with("✓ probe: ok in "), "{}", browser.text("#status"));
    assert_eq!(text_of(&browser, "#records li"), [""; 0]);

    fill(&browser, &json!("x"));
    browser.script("document.getElementById('event').value += 'y'");
    browser.click("#send");
    browser.wait_for("return document.getElementById('error').innerText !== ''");
    assert_eq!(browser.console_errors(), [""; 0]);
}

#[test]
fn failed_records_are_marked() {
    let Some(browser) = Browser::start() else { return };
    let (_process, address) = serve(MESSAGES, &package("records"));
    browser.open(&format!("http://{address}/_lrt"));
    browser.wait_for("return document.getElementById('function').value === 'work'");
    browser.script(
        "const text = document.getElementById('event'), event = JSON.parse(text.value);
         event.Records.forEach((record, at) => { record.body = JSON.stringify({ name: 'job', does: at ? 'fail' : 'nothing' }) });
         text.value = JSON.stringify(event)",
    );
    browser.click("#send");
    browser.wait_for("return document.querySelectorAll('#records li').length === 2");
    let marks = text_of(&browser, "#records li");
    assert!(marks[0].ends_with(" ✓ succeeded") && marks[1].ends_with(" ✗ failed"), "{marks:?}");
    assert!(browser.text("#status").starts_with("✗ work: 1 failed in "), "{}", browser.text("#status"));
    browser.wait_for("return document.querySelector('#history td.bad')?.innerText === '1 failed'");
    assert_eq!(browser.console_errors(), [""; 0]);
}

#[test]
fn page_lists_events_of_each_function_and_leaves_other_paths_to_them() {
    let (_process, address) = serve(MANY_FUNCTIONS, &package("many-functions"));
    let functions = get(&address, "/_lrt/functions").json();
    let names: Vec<_> =
        functions.as_array().unwrap().iter().map(|one| (&one["name"], &one["kind"], &one["route"])).collect();
    assert_eq!(names[1], (&json!("get"), &json!("api_gateway"), &json!("GET /orders/{id}")));
    assert_eq!(names.len(), 4);
    let samples: Vec<_> = functions[1]["events"].as_array().unwrap().iter().map(|event| &event["name"]).collect();
    assert_eq!(samples, ["http_api sample", "rest_api sample"]);
    get(&address, "/orders/7");
    let list = get(&address, "/_lrt/history").json();
    assert_eq!(
        (&list[0]["what"], &list[0]["ok"], &list[0]["function"]),
        (&json!("get GET /orders/7"), &json!(true), &json!("get"))
    );
    assert_eq!(list[0]["status"], "200");
    assert_eq!(get(&address, "/_lrt/history?after=1").json(), json!([]));
    let whole = get(&address, &format!("/_lrt/history/{}", list[0]["requestId"].as_str().unwrap())).json();
    assert!(whole["event"].as_str().unwrap().contains("\"rawPath\":\"/orders/7\""), "{whole}");
    assert_eq!(get(&address, "/_lrt/history/none").status, 404);
    assert_eq!(get(&address, "/_lrt/other").status, 404);
    assert_eq!(get(&address, "/_lrts").body, "GET /_lrts");
    let head = send(&address, "HEAD", "/_lrt", &[], "");
    assert_eq!((head.status, &*head.body), (200, ""));
}

#[test]
fn cross_origin_requests_are_rejected() {
    let package = package("foreign");
    let (_process, address) = serve(PROBE, &package);
    let page = get(&address, "/_lrt");
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
    assert!(page.header("Content-Security-Policy").unwrap().contains("frame-ancestors 'none'"));
    send(&address, "POST", "/2015-03-31/functions/probe/invocations", &[], r#"{"do":"echo"}"#);
    let id = get(&address, "/_lrt/history").json()[0]["requestId"].as_str().unwrap().to_owned();
    let save = format!("/_lrt/history/{id}/save");
    for foreign in [
        ("Host", "evil.example:9000"),
        ("Origin", "http://localhost:3000"),
        ("Origin", "https://evil.example"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        assert_eq!(send(&address, "GET", "/_lrt/history", &[foreign], "").status, 403, "{foreign:?}");
        assert_eq!(send(&address, "POST", &save, &[foreign], "").status, 403, "{foreign:?}");
    }
    assert!(std::fs::read_dir(package.join("events")).unwrap().next().is_none());
    assert_eq!(send(&address, "POST", &save, &[], "").status, 200);
    assert!(package.join("events/probe-1.json").exists());
}

const METRICS: &str = env!("CARGO_BIN_EXE_metrics");

#[test]
fn metrics_of_an_invocation_are_listed() {
    let Some(browser) = Browser::start() else { return };
    let (_process, address) = serve(METRICS, &package("metrics"));
    browser.open(&format!("http://{address}/_lrt"));
    browser.wait_for("return document.getElementById('function').value === 'count'");
    fill(&browser, &json!(4));
    browser.click("#send");
    browser.wait_for("return !document.getElementById('metrics').hidden");
    let rows = text_of(&browser, "#metrics tbody tr");
    let row = |name: &str| {
        rows.iter().find(|row| row.starts_with(&format!("{name}\t"))).unwrap_or_else(|| panic!("{rows:?}"))
    };
    assert_eq!(row("Sum"), "Sum\t8 Count\tTest/Shop; FunctionName=count");
    assert!(row("Duration").contains(" Milliseconds\tTest/Shop; FunctionName=count"), "{rows:?}");
    assert!(row("Id").starts_with("Id\t4 Count\tTest/Shop; FunctionName=count, RequestId="), "{rows:?}");
    assert_eq!(browser.console_errors(), [""; 0]);
}

/// The spans are those that `lrt-otel` sends. Its own tests run it with the local Lambda.
#[test]
fn spans_of_an_invocation_are_a_waterfall() {
    let Some(browser) = Browser::start() else { return };
    let (_process, address) = serve(PROBE, &package("spans"));
    browser.open(&format!("http://{address}/_lrt"));
    browser.wait_for("return document.getElementById('function').value === 'probe'");
    fill(&browser, &json!({ "do": "echo", "value": 1 }));
    browser.click("#send");
    browser.wait_for("return document.getElementById('status').innerText.startsWith('✓ probe: ok in ')");
    assert_eq!(browser.script("return document.getElementById('spans').hidden"), true);
    let id = get(&address, "/_lrt/history").json()[0]["requestId"].as_str().unwrap().to_owned();
    let start = 1_800_000_000_000_000_000_u64;
    let span = |id: &str, parent: &str, name: &str, from_ms: u64, to_ms: u64| {
        json!({
            "id": id, "parentId": parent, "name": name,
            "start": start + from_ms * 1_000_000, "end": start + to_ms * 1_000_000,
        })
    };
    let mut root = span("1", "0", "probe", 0, 100);
    root["requestId"] = json!(id);
    let mut refused = span("3", "1", "charge", 50, 100);
    refused["error"] = json!("Refused");
    let sent = json!([span("4", "3", "connect", 60, 70), refused, span("2", "1", "load", 10, 35), root]);
    let response = send(&address, "POST", "/_lrt/spans", &[], &sent.to_string());
    assert_eq!((response.status, &*response.body), (204, ""));
    browser.wait_for("return !document.getElementById('spans').hidden");
    let names = ["probe", "load", "charge: Refused", "connect"];
    assert_eq!(text_of(&browser, "#spans div span:first-child"), names);
    let durations = ["100 ms", "25 ms", "50 ms", "10 ms"];
    assert_eq!(text_of(&browser, "#spans div .duration"), durations);
    let style =
        "return [...document.querySelectorAll('#spans i')].map((bar) => bar.style.left + ' ' + bar.style.width)";
    assert_eq!(browser.script(style), json!(["0% 100%", "10% 25%", "50% 50%", "60% 10%"]));
    let indents = "return [...document.querySelectorAll('#spans div span:first-child')].map((name) => name.style.left)";
    assert_eq!(browser.script(indents), json!(["0rem", "1rem", "1rem", "2rem"]));
    assert_eq!(text_of(&browser, "#spans .bad span:first-child"), ["charge: Refused"]);
    // The spans of another invocation are not shown.
    browser.click("#send");
    browser.wait_for("return document.querySelectorAll('#history tbody tr').length === 2");
    browser.wait_for("return document.getElementById('spans').hidden");
    assert_eq!(browser.console_errors(), [""; 0]);
}

#[test]
fn invalid_spans_are_rejected() {
    let (_process, address) = serve(PROBE, &package("invalid-spans"));
    for (body, status, error) in [
        ("[{}]", 400, "invalid spans: missing field `id`"),
        ("", 400, "invalid spans: EOF while parsing"),
        (&*"x".repeat(9_000_000), 413, "9000000 bytes of spans (limit 8388608)"),
    ] {
        let response = send(&address, "POST", "/_lrt/spans", &[], body);
        assert_eq!(response.status, status);
        assert!(response.json()["error"].as_str().unwrap().starts_with(error), "{}", response.body);
    }
    let foreign = send(&address, "POST", "/_lrt/spans", &[("Origin", "https://evil.example")], "[]");
    assert_eq!(foreign.status, 403);
    assert_eq!(get(&address, "/_lrt/history/none/output").status, 404);
}
