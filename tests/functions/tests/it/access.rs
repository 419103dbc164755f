//! Requests that the local Lambda has to reject: from web pages, and from programs that do not know the path of a
//! Runtime API.

// Release builds have no local Lambda, and the list of sockets is only available on Linux.
#![cfg(all(debug_assertions, target_os = "linux"))]

use crate::support::browser::Browser;
use crate::support::local_server::{serve, serve_with};
use crate::support::{OpenRequest, PROBE, Process, TIMEOUT, send};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const WEB: &str = env!("CARGO_BIN_EXE_web");

const INVOKE: &str = "/2015-03-31/functions/probe/invocations";

/// Headers of requests that no page or program of this machine sends.
const FOREIGN: [(&str, &str); 6] = [
    ("Host", "evil.example"),
    ("Host", "evil.example:9000"),
    ("Origin", "https://evil.example"),
    ("Origin", "http://localhost.evil.example"),
    ("Origin", "null"),
    // A request of a page that reads no response has no `Origin`.
    ("Sec-Fetch-Site", "cross-site"),
];

/// The origin of a page on another port of this machine, which may use HTTP functions only.
const OTHER_PORT: (&str, &str) = ("Origin", "http://localhost:3000");

const RUNTIME_API: [(&str, &str); 7] = [
    ("GET", "/2018-06-01/runtime/invocation/next"),
    ("POST", "/2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response"),
    ("POST", "/2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/error"),
    ("POST", "/2018-06-01/runtime/init/error"),
    ("POST", "/2020-01-01/extension/register"),
    ("GET", "/2020-01-01/extension/event/next"),
    ("GET", "/"),
];

const LOCAL_LAMBDA: [(&str, &str); 9] = [
    ("POST", INVOKE),
    ("OPTIONS", INVOKE),
    ("POST", "/2021-11-15/functions/probe/response-streaming-invocations"),
    ("GET", "/_lrt"),
    ("GET", "/_lrt/functions"),
    ("GET", "/_lrt/history"),
    ("GET", "/_lrt/history/8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
    ("POST", "/_lrt/history/8476a536-e9f4-11e8-9739-2dfe598c3fcd/save"),
    ("GET", "/"),
];

fn assert_rejected(address: &str, prefix: &str, endpoints: &[(&str, &str)], header: (&str, &str)) {
    for (method, path) in endpoints {
        let response = send(address, method, &format!("{prefix}{path}"), &[header], "{}");
        assert_eq!(response.status, 403, "{method} {prefix}{path} {header:?}");
    }
}

/// Sends requests to a Runtime API that do not have its path.
fn assert_secret_is_required(address: &str, secret_bytes: usize, wrong: &[&str]) {
    let guess = format!("/{}", "0".repeat(secret_bytes));
    for prefix in ["", "/", &*guess].iter().chain(wrong) {
        assert_rejected(address, prefix, &RUNTIME_API, ("Lambda-Extension-Name", "foreign"));
        for header in FOREIGN {
            assert_rejected(address, prefix, &RUNTIME_API, header);
        }
    }
}

/// Returns the ports on which a process listens, all of which must be ports of 127.0.0.1.
fn listening_ports(process: u32) -> Vec<u16> {
    let sockets: HashSet<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|file| std::fs::read_link(file.unwrap().path()).ok())
        .filter_map(|file| Some(file.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let mut ports = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = std::fs::read_to_string(table).unwrap_or_default();
        for line in table.lines().skip(1) {
            // Columns of proc(5): the local address is 1, the state 3 (0A: listening), the inode 9.
            let columns: Vec<_> = line.split_whitespace().collect();
            if columns[3] == "0A" && sockets.contains(columns[9]) {
                let (address, port) = columns[1].rsplit_once(':').unwrap();
                assert_eq!(u32::from_str_radix(address, 16).map(u32::to_ne_bytes), Ok([127, 0, 0, 1]), "{line}");
                ports.push(u16::from_str_radix(port, 16).unwrap());
            }
        }
    }
    ports
}

/// Waits for the only child process.
fn child(process: u32) -> u32 {
    let start = Instant::now();
    loop {
        match children(process)[..] {
            [child] => return child,
            _ => assert!(start.elapsed() < TIMEOUT, "no environment"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn children(process: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
    children.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Waits until the process has this variable, which is set by `exec`, and returns its value.
fn variable(process: u32, name: &str) -> String {
    let start = Instant::now();
    loop {
        let environment = std::fs::read_to_string(format!("/proc/{process}/environ")).unwrap();
        if let Some(value) = environment.split('\0').find_map(|set| set.strip_prefix(name)?.strip_prefix('=')) {
            return value.to_owned();
        }
        assert!(start.elapsed() < TIMEOUT, "no {name}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn history(address: &str) -> Value {
    send(address, "GET", "/_lrt/history", &[], "").json()
}

/// Serves the probe with an event in flight that takes 3 s. Returns the request and the address of the Runtime API.
fn serve_busy() -> (Process, String, OpenRequest, String) {
    let (process, address) = serve(PROBE, "probe");
    let event = json!({ "do": "sleep", "ms": 3000 }).to_string();
    let mut request = OpenRequest::begin(&address, "POST", INVOKE, &[], event.len());
    request.write(event);
    process.wait_for_stderr("probe begins");
    let api = variable(child(process.id()), "AWS_LAMBDA_RUNTIME_API");
    (process, address, request, api)
}

#[test]
fn each_socket_and_endpoint_rejects_foreign_requests_and_keeps_the_event() {
    let (process, address, request, api) = serve_busy();
    let (host, secret) = api.split_once('/').unwrap();
    assert!(secret.len() >= 32, "{api}");
    let port = |address: &str| address.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    let mut ports = listening_ports(process.id());
    ports.extend(children(process.id()).into_iter().flat_map(listening_ports));
    assert_eq!(ports.iter().copied().collect::<HashSet<_>>(), HashSet::from([port(&address), port(host)]));

    for header in FOREIGN.into_iter().chain([OTHER_PORT]) {
        assert_rejected(&address, "", &LOCAL_LAMBDA, header);
        assert_rejected(host, &format!("/{secret}"), &RUNTIME_API, header);
    }
    let wrong = [format!("/{}", &secret[1..]), format!("/{secret}0"), format!("/{}", secret.to_uppercase())];
    assert_secret_is_required(host, secret.len(), &wrong.each_ref().map(String::as_str));
    assert_eq!(history(&address), json!([]));
    let response = request.response();
    assert_eq!((response.status, &*response.body), (200, "null"), "{response:?}");
    // No extension has been registered, and the environment handles the next event.
    assert_eq!(send(&address, "POST", INVOKE, &[], r#"{"do":"echo","value":1}"#).body, "1");
    assert_eq!(history(&address).as_array().unwrap().len(), 2);
}

#[test]
fn http_function_rejects_foreign_requests() {
    let (process, address) = serve_web("access-http");
    let endpoints = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"].map(|method| (method, "/orders/7?a=b"));
    let paths =
        ["/", "/_lrts", "/2015-03-31/functions", "/2018-06-01/runtime/invocation/next"].map(|path| ("GET", path));
    for header in FOREIGN {
        assert_rejected(&address, "", &endpoints, header);
        assert_rejected(&address, "", &paths, header);
        assert_rejected(&address, "", &LOCAL_LAMBDA, header);
    }
    // The target replaces the header (RFC 9112, section 3.2.2).
    assert_rejected(&address, "http://evil.example", &endpoints, ("Host", &address));
    assert_eq!(history(&address), json!([]));
    assert_eq!(send(&address, "GET", "/orders/7", &[OTHER_PORT], "").status, 200);
    drop(process);
}

/// The function runs in the process of `invoke`, so its Runtime API has the same rules.
#[test]
fn runtime_api_of_invoke_rejects_requests_without_its_path() {
    let mut process = Process::start(PROBE, &["invoke", "-"], &[]);
    process.stdin(json!({ "do": "sleep", "ms": 2000 }).to_string().as_bytes());
    process.wait_for_stderr("probe begins");
    let ports = listening_ports(process.id());
    let [port] = ports[..] else { panic!("{ports:?}") };
    assert_secret_is_required(&format!("127.0.0.1:{port}"), "8476a536-e9f4-11e8-9739-2dfe598c3fcd".len(), &[]);
    let ended = process.ended();
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "null\n"), "{ended:?}");
}

#[test]
fn event_in_flight_is_sent_to_one_connection() {
    let (_process, address, request, api) = serve_busy();
    let (host, secret) = api.split_once('/').unwrap();
    // A second connection waits for the next event, even with the path.
    let path = format!("/{secret}/2018-06-01/runtime/invocation/next");
    let second = OpenRequest::begin(host, "GET", &path, &[], 0);
    assert_eq!(request.response().body, "null");
    drop(second);
    assert_eq!(history(&address).as_array().unwrap().len(), 1);
}

#[test]
fn values_of_more_than_one_line_do_not_reach_the_function() {
    let (_process, address) = serve(PROBE, "probe");
    let invoke = |path: &str, headers: &[(&str, &str)]| send(&address, "POST", path, headers, r#"{"do":"context"}"#);
    assert_eq!(invoke(INVOKE, &[]).json()["cold_start"], true);
    for value in ["x%0d%0aTransfer-Encoding:%20chunked", "x%0Ay", "x%0dy", "x%00", "x%20y", "%C2%85", "%ff", ""] {
        for path in [
            format!("{INVOKE}?Qualifier={value}"),
            format!("{INVOKE}?a=b&Qualifier={value}&c=d"),
            format!("/2015-03-31/functions/probe:{value}/invocations"),
            format!("/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:probe:{value}/invocations"),
            format!("/2015-03-31/functions/arn:aws:lambda:{value}%0a:1:function:probe/invocations"),
            format!("/2021-11-15/functions/probe/response-streaming-invocations?Qualifier={value}"),
        ] {
            let response = invoke(&path, &[]);
            assert_eq!(response.status, 400, "{path} {response:?}");
            assert_eq!(response.header("x-amzn-ErrorType"), Some("ValidationException"), "{path}");
            assert!(response.json()["message"].as_str().unwrap().contains("regular expression pattern"), "{path}");
        }
    }
    for tenant in ["\u{85}", "ä", "a\tb"] {
        let response = invoke(INVOKE, &[("X-Amz-Tenant-Id", tenant)]);
        assert_eq!(response.header("x-amzn-ErrorType"), Some("ValidationException"), "{tenant:?}");
    }
    // The same environment still runs.
    assert_eq!(invoke(INVOKE, &[]).json()["cold_start"], false);
}

/// Serves a page at 127.0.0.1 to one browser, until the test ends.
fn serve_page(html: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(TIMEOUT)).unwrap();
            _ = stream.read(&mut [0; 16 * 1024]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
            _ = stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{html}", html.len()).as_bytes());
        }
    });
    address
}

/// Serves an HTTP function.
fn serve_web(folder: &str) -> (Process, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let env = [("WEB_KIND", OsStr::new("http")), ("CARGO_MANIFEST_DIR", folder.as_os_str())];
    let process = Process::start(WEB, &["--port", "0"], &env);
    let line = process.stdout_line();
    let address = line.split_once("http://").unwrap().1.split(' ').next().unwrap().to_owned();
    (process, address)
}

/// Returns a script that sends each request to each endpoint and sets `done` to a promise.
fn requests(bases: [(&str, &[(&str, &str)]); 2], modes: &[&str]) -> String {
    let urls: Vec<String> = bases
        .iter()
        .flat_map(|(base, endpoints)| endpoints.iter().map(move |(_, path)| format!("{base}{path}")))
        .collect();
    format!(
        "window.done = Promise.all({}.flatMap((url) => {}.flatMap((mode) => ['GET', 'POST'].map((method) =>
           fetch(url, {{ method, mode, body: method === 'POST' ? '{{\"do\":\"echo\"}}' : undefined }}).then(() => 1, () => 0)))));",
        json!(urls),
        json!(modes)
    )
}

/// For the browser, `evil.example` resolves to this machine.
#[test]
fn page_of_another_site_can_only_link() {
    let Some(browser) = Browser::start() else { return };
    let (process, address) = serve_web("access-web");
    let port = address.rsplit_once(':').unwrap().1;
    let target = format!("http://localhost:{port}");
    let api = format!("http://{}", variable(child(process.id()), "AWS_LAMBDA_RUNTIME_API"));
    let requests = requests([(&target, &LOCAL_LAMBDA), (&api, &RUNTIME_API)], &["cors", "no-cors"]);
    let page = serve_page(format!(
        "<title>page</title><iframe src='{target}/frame'></iframe><img src='{target}/image'><script src='{target}/script'></script>
         <object data='{target}/object'></object><embed src='{target}/embed'><iframe name=form></iframe>
         <form method=post target=form action='{target}/2015-03-31/functions/web/invocations' enctype='text/plain'><input name='{{\"a\":\"' value='\"}}'></form>
         <a id=link href='{target}/link'>link</a>
         <script>document.forms[0].submit(); {requests}</script>"
    ));
    let page_port = page.rsplit_once(':').unwrap().1;
    browser.open(&format!("http://evil.example:{page_port}/"));
    browser.wait_for("return document.readyState === 'complete' && window.done.then(() => true)");
    // A page that is sandboxed has the origin `null`.
    let page = json!(format!("<script>{requests} done.then(() => parent.postMessage('done', '*'))</script>"));
    browser.script(&format!(
        "const frame = document.createElement('iframe');
         frame.sandbox = 'allow-scripts';
         frame.srcdoc = {page};
         window.done = new Promise((resolve) => window.onmessage = resolve);
         document.body.append(frame);"
    ));
    browser.wait_for("return window.done.then(() => true)");
    assert_eq!(history(&address), json!([]));
    browser.click("#link");
    browser.wait_for("return location.pathname === '/link'");
    let whats: Vec<Value> = history(&address).as_array().unwrap().iter().map(|entry| entry["what"].clone()).collect();
    assert_eq!(whats.first(), Some(&json!("web GET /link")), "{whats:?}");
    let count = history(&address).as_array().unwrap().len();
    for path in ["/", "/_lrt", "/2015-03-31/functions/web/invocations"] {
        browser.open(&format!("http://evil.example:{port}{path}"));
        assert!(browser.text("body").starts_with("forbidden: "), "{path}");
    }
    assert_eq!(history(&address).as_array().unwrap().len(), count);
}

/// A page on another port of the same host may use an HTTP function, but not the Invoke API, the page or a Runtime API.
#[test]
fn page_of_another_port_cannot_invoke() {
    let Some(browser) = Browser::start() else { return };
    let (process, address) = serve_with(PROBE, "probe", &[]);
    let api = format!("http://{}", variable(child(process.id()), "AWS_LAMBDA_RUNTIME_API"));
    let page = serve_page("<title>page</title>".to_owned());
    browser.open(&format!("http://{page}/"));
    browser.script(&requests([(&format!("http://{address}"), &LOCAL_LAMBDA), (&api, &RUNTIME_API)], &["cors"]));
    browser.wait_for("return window.done.then((read) => !read.includes(1))");
    browser.script(&requests([(&format!("http://{address}"), &LOCAL_LAMBDA), (&api, &RUNTIME_API)], &["no-cors"]));
    browser.wait_for("return window.done.then(() => true)");
    assert_eq!(history(&address), json!([]));
    // The environment is the same, and still runs.
    assert_eq!(send(&address, "POST", INVOKE, &[], r#"{"do":"echo","value":1}"#).body, "1");
}
