//! Runs traced functions as processes, between a fake Runtime API and a collector of OTLP.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]
// The tests end a function with SIGTERM.
#![cfg(unix)]

mod collector;

use collector::{Behavior, Collector, Received};
use lrt::testing::{Answer, Event, IntoEvent, RuntimeApi, events};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";
const PARENT: &str = "53995c3f42cd8ad8";
const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A function that runs as a process.
struct Function {
    api: RuntimeApi,
    process: Child,
    /// Reads the log while the function runs, since a full pipe would block it.
    log: Option<JoinHandle<String>>,
}

impl Function {
    async fn start(handler: &str, env: &[(&str, &str)]) -> Function {
        Function::start_with(RuntimeApi::start().await.unwrap(), handler, env)
    }

    fn start_with(api: RuntimeApi, handler: &str, env: &[(&str, &str)]) -> Function {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lrt-test-otel"));
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("AWS_LAMBDA_FUNCTION_NAME", "shop");
        command.env("_HANDLER", handler).env("AWS_REGION", "eu-central-1").env("RUST_BACKTRACE", "0");
        command.envs(env.iter().copied()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        Function { api, process, log: Some(log) }
    }

    async fn invoke(&self, event: Event) -> Answer {
        let answer = self.api.invoke(event).await;
        // The export has ended.
        self.api.next_waiting().await;
        answer
    }

    /// Sends SIGTERM. Returns the log.
    fn stop(mut self) -> String {
        self.terminate();
        self.log()
    }

    fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap().success());
    }

    /// Waits until the process has exited. Returns its log.
    fn log(&mut self) -> String {
        let log = self.log.take().unwrap().join().unwrap();
        assert!(self.process.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn endpoint(collector: &Collector) -> String {
    format!("http://{}", collector.address)
}

fn event(payload: &Value) -> Event {
    sampled(payload.to_string(), 1)
}

fn sampled(payload: String, sampled: u8) -> Event {
    let header = format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent={PARENT};Sampled={sampled}");
    Event::new(payload).request_id("r-1").header("Lambda-Runtime-Trace-Id", header)
}

fn tea() -> Event {
    event(&json!({"do": "price", "item": "tea"}))
}

/// Returns the span of the invocation `r-1`.
fn invocation(spans: &[Received]) -> &Received {
    let is_root = |span: &&Received| span.has("faas.invocation_id") && span.text("faas.invocation_id") == "r-1";
    let mut found = spans.iter().filter(is_root);
    let span = found.next().unwrap_or_else(|| panic!("no span of an invocation in {spans:?}"));
    assert!(found.next().is_none(), "{spans:?}");
    span
}

#[tokio::test]
async fn spans_are_exported_in_the_trace_of_the_caller_before_the_next_invocation() {
    let collector = Collector::start(Behavior::Accepts);
    let function = Function::start("json", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    for cold_start in ["true", "false"] {
        assert_eq!(function.invoke(tea()).await.text(), "350");
        let spans = collector.spans();
        let [price, root] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((price.name(), root.name()), ("price", "shop"));
        assert_eq!((price.trace(), root.trace()), (TRACE.to_owned(), TRACE.to_owned()));
        assert_eq!((root.parent(), price.parent()), (PARENT.to_owned(), root.id()));
        assert_eq!(price.text("item"), "tea");
        assert_eq!((root.text("faas.invocation_id"), root.text("faas.coldstart")), ("r-1".into(), cold_start.into()));
        assert_eq!((root.text("service.name"), root.text("cloud.region")), ("shop".into(), "eu-central-1".into()));
        assert_eq!((root.text("faas.trigger"), root.text("requestId")), ("other".into(), "r-1".into()));
        // SERVER
        assert_eq!((root.events(), root.is_error(), root.span.kind), (vec!["found"], false, 2));
        assert!(!root.has("lrt.span.name") && !root.has("lrt.span.kind"), "{root:?}");
    }
    let log = function.stop();
    assert_eq!(log.lines().next(), Some("INFO lrt_test_otel: in init"), "{log}");
    assert_eq!(log.matches("INFO RequestId: r-1 lrt_test_otel: found price=350").count(), 2, "{log}");
    assert!(!log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn errors_panics_and_timeouts_are_the_status() {
    let collector = Collector::start(Behavior::Accepts);
    let function = Function::start("json", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    for (payload, error_type) in [
        (json!({"do": "price", "item": "gold"}), "NotSold"),
        (json!({"do": "panic"}), "Function.Panic"),
        (json!({"do": "wait"}), "Function.Timeout"),
        (json!({"do": "other"}), "Runtime.UnmarshalError"),
    ] {
        let event = event(&payload).deadline_in(Duration::from_secs(1));
        assert!(function.invoke(event).await.is_error(), "{payload}");
        // Spans of an invocation that was stopped at its deadline are exported with the next one.
        function.invoke(tea().request_id("r-2")).await;
        let spans = collector.spans();
        let root = invocation(&spans);
        assert_eq!((root.text("error.type"), root.is_error()), (error_type.to_owned(), true), "{root:?}");
        let events = root.events();
        assert!(events.iter().any(|event| event.starts_with(error_type)), "{events:?}");
    }
}

#[tokio::test]
async fn log_lines_are_those_of_a_function_without_a_collector() {
    let collector = Collector::start(Behavior::Accepts);
    let mut logs = Vec::new();
    for endpoint in [endpoint(&collector), String::new()] {
        let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
        let function = Function::start("json", &env).await;
        function.invoke(tea()).await;
        function.invoke(event(&json!({"do": "price", "item": "gold"}))).await;
        function.invoke(event(&json!({"do": "panic"}))).await;
        let log = function.stop();
        let lines = log.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            line["timestamp"] = Value::Null;
            line
        });
        logs.push(lines.collect::<Vec<_>>());
    }
    assert_eq!(logs[0].len(), 4, "{:?}", logs[0]);
    assert_eq!(logs[0], logs[1]);
}

#[tokio::test]
async fn unsampled_trace_is_not_exported() {
    let collector = Collector::start(Behavior::Accepts);
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint(&collector))];
    let function = Function::start("json", &env).await;
    function.invoke(sampled(json!({"do": "price", "item": "tea"}).to_string(), 0)).await;
    assert!(collector.spans().is_empty());

    // Without X-Ray, the span is the root of a trace.
    let function = Function::start("json", &[env[0], ("OTEL_PROPAGATORS", "tracecontext")]).await;
    function.invoke(sampled(json!({"do": "price", "item": "tea"}).to_string(), 0)).await;
    let spans = collector.spans();
    assert_eq!((invocation(&spans).parent(), invocation(&spans).trace() == TRACE), (String::new(), false));
}

#[tokio::test]
async fn http_requests_have_their_route_status_and_parent() {
    let collector = Collector::start(Behavior::Accepts);
    let function = Function::start("http", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    let request = |path: &str| {
        let event = events::http_api().get(path).route("GET /orders/{id}").header("traceparent", W3C);
        let payload = event.into_event().unwrap();
        sampled(String::from_utf8(payload.to_vec()).unwrap(), 1).deadline_in(Duration::from_secs(1))
    };
    for (path, status, error_type) in [
        ("/orders/7", 200, None),
        ("/missing", 404, None),
        ("/error", 500, Some("500")),
        ("/wait", 504, Some("Function.Timeout")),
    ] {
        let answer: Value = serde_json::from_str(&function.invoke(request(path)).await.text()).unwrap();
        assert_eq!(answer["statusCode"], status, "{answer}");
        function.invoke(request("/orders/8").request_id("r-2")).await;
        let spans = collector.spans();
        let root = invocation(&spans);
        assert_eq!((root.name(), root.parent()), ("GET /orders/{id}", "b7ad6b7169203331".to_owned()));
        assert_eq!((root.text("http.route"), root.text("url.path")), ("/orders/{id}".to_owned(), path.to_owned()));
        assert_eq!(
            (root.text("faas.trigger"), root.text("http.request.method")),
            ("http".to_owned(), "GET".to_owned())
        );
        assert_eq!((root.is_error(), root.has("error.type")), (error_type.is_some(), error_type.is_some()), "{root:?}");
        if let Some(error_type) = error_type {
            assert_eq!(root.text("error.type"), error_type);
        }
        if error_type != Some("Function.Timeout") {
            assert_eq!(root.text("http.response.status_code"), status.to_string());
        }
    }
}

#[tokio::test]
async fn batches_have_a_link_and_a_span_for_each_record() {
    let collector = Collector::start(Behavior::Accepts);
    let function = Function::start("sqs", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    let payload = events::sqs().json(&1).json(&7).json(&3).into_event().unwrap();
    let mut payload: Value = serde_json::from_slice(&payload).unwrap();
    payload["Records"][0]["attributes"]["AWSTraceHeader"] =
        json!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=1111111111111111;Sampled=1");
    payload["Records"][2]["messageAttributes"]["traceparent"] = json!({"dataType": "String", "stringValue": W3C});
    function.invoke(event(&payload)).await;
    let spans = collector.spans();
    let root = invocation(&spans);
    let queue = root.text("messaging.destination.name");
    assert_eq!((root.name(), root.span.kind), (&*format!("process {queue}"), 5)); // CONSUMER
    assert_eq!(
        (root.text("messaging.system"), root.text("messaging.batch.message_count")),
        ("aws_sqs".into(), "3".into())
    );
    assert_eq!(
        (root.links(), root.is_error()),
        (vec!["1111111111111111".to_owned(), "b7ad6b7169203331".to_owned()], false)
    );
    let records: Vec<_> = spans.iter().filter(|span| span.name() == "record").collect();
    assert_eq!(records.len(), 3, "{spans:?}");
    assert!(records.iter().all(|record| record.parent() == root.id()), "{records:?}");
    assert_eq!(records.iter().filter(|record| record.is_error()).count(), 1, "{records:?}");
    let work = spans.iter().filter(|span| span.name() == "work");
    assert!(
        work.clone().count() == 3 && work.clone().all(|work| records.iter().any(|record| record.id() == work.parent()))
    );
}

#[tokio::test]
async fn span_of_a_streamed_reply_lasts_until_its_end() {
    let collector = Collector::start(Behavior::Accepts);
    let function = Function::start("stream", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    function.invoke(event(&json!(5))).await;
    let spans = collector.spans();
    let root = invocation(&spans);
    let ms = (root.span.end_time_unix_nano - root.span.start_time_unix_nano) / 1_000_000;
    assert!(ms >= 50 && !root.is_error(), "{ms} ms, {root:?}");
    function.invoke(event(&json!(9))).await;
    let spans = collector.spans();
    assert!(invocation(&spans).is_error(), "{spans:?}");
}

#[tokio::test]
async fn every_span_of_a_thousand_invocations_of_concurrent_workers_arrives() {
    const INVOCATIONS: usize = 1000;
    let collector = Collector::start(Behavior::Accepts);
    let api = RuntimeApi::builder().concurrency(16).start().await.unwrap();
    let endpoint = endpoint(&collector);
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("AWS_LAMBDA_MAX_CONCURRENCY", "16")];
    let mut function = Function::start_with(api, "json", &env);
    let send = |n: usize| {
        let payload = match n % 50 {
            7 => json!({"do": "price", "item": "gold"}),
            8 => json!({"do": "panic"}),
            9 => json!({"do": "sleep", "ms": 5}),
            _ => json!({"do": "price", "item": "tea"}),
        };
        let header = format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent={:016x};Sampled=1", n + 1);
        let event = Event::new(payload.to_string()).request_id(format!("r-{n}"));
        function.api.send(event.header("Lambda-Runtime-Trace-Id", header))
    };
    let pending: Vec<_> = (0..INVOCATIONS).map(send).collect();
    for pending in pending {
        pending.await;
    }
    function.terminate();
    let log = function.log();
    assert!(!log.contains("export"), "{log}");
    let spans = collector.spans();
    let roots: BTreeMap<String, &Received> = spans
        .iter()
        .filter(|span| span.has("faas.invocation_id"))
        .map(|span| (span.text("faas.invocation_id"), span))
        .collect();
    assert_eq!(roots.len(), INVOCATIONS);
    for n in 0..INVOCATIONS {
        let root = roots[&format!("r-{n}")];
        assert_eq!((root.trace(), root.parent()), (TRACE.to_owned(), format!("{:016x}", n + 1)));
        assert_eq!(root.is_error(), [7, 8].contains(&(n % 50)), "{root:?}");
        let prices = spans.iter().filter(|span| span.name() == "price" && span.parent() == root.id()).count();
        assert_eq!(prices, usize::from(![8, 9].contains(&(n % 50))), "{root:?}");
    }
    assert_eq!(spans.len(), INVOCATIONS + INVOCATIONS / 50 * 48);
}

#[tokio::test]
async fn spans_of_an_invocation_that_sigterm_interrupts_are_exported() {
    let collector = Collector::start(Behavior::Accepts);
    let mut function = Function::start("json", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    function.invoke(tea()).await;
    for payload in [json!({"do": "sleep", "ms": 100}), json!({"do": "wait"})] {
        collector.spans();
        let pending = function.api.send(event(&payload));
        tokio::time::sleep(Duration::from_millis(50)).await;
        function.terminate();
        pending.await;
        let log = function.log();
        assert!(!log.contains("failed to export"), "{log}");
        let spans = collector.spans();
        assert_eq!(invocation(&spans).is_error(), payload["do"] == "wait", "{spans:?}");
        function = Function::start("json", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
        function.invoke(tea()).await;
    }
}

#[tokio::test]
async fn function_succeeds_with_a_collector_that_does_not_and_reports_lost_spans() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (fails, hangs) = (Collector::start(Behavior::Fails), Collector::start(Behavior::Hangs));
    for (address, message) in [
        (refused.to_string(), "failed to export 2 of 2 spans: "),
        (fails.address.clone(), "failed to export 2 of 2 spans: "),
        (hangs.address.clone(), "failed to export 2 of 2 spans: no response within 300 ms"),
    ] {
        let env =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", &*format!("http://{address}")), ("OTEL_EXPORTER_OTLP_TIMEOUT", "300")];
        let function = Function::start("json", &env).await;
        let started = Instant::now();
        for _ in 0..2 {
            assert_eq!(function.invoke(tea()).await.text(), "350");
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        let log = function.stop();
        assert_eq!(log.matches(&format!("WARN RequestId: r-1 {message}")).count(), 2, "{log}");
        assert_eq!(log.lines().count(), 5, "{log}");
    }
}

#[tokio::test]
async fn export_ends_before_the_deadline() {
    let hangs = Collector::start(Behavior::Hangs);
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint(&hangs)), ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")];
    let function = Function::start("json", &env).await;
    let started = Instant::now();
    function.invoke(tea().deadline_in(Duration::from_secs(1))).await;
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    let log = function.stop();
    assert_eq!(log.matches("failed to export 2 of 2 spans: no response within").count(), 1, "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn invalid_endpoint_is_reported_once() {
    for invalid in ["http://", "https://127.0.0.1:1", "not a url"] {
        let function = Function::start("json", &[("OTEL_EXPORTER_OTLP_ENDPOINT", invalid)]).await;
        assert_eq!(function.invoke(tea()).await.text(), "350");
        let log = function.stop();
        assert_eq!(log.matches("WARN").count(), 1, "{invalid}: {log}");
    }
}

/// Sends a request to the local Lambda. Returns status line, headers and body.
fn send(address: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn page_of_the_local_lambda_shows_spans_without_a_collector() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lrt-test-otel"));
    let mut process = command.args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut greeting = String::new();
    stdout.read_line(&mut greeting).unwrap();
    let address = greeting.split_once("http://").unwrap().1.split(' ').next().unwrap().to_owned();
    for (payload, error) in
        [(r#"{"do":"price","item":"tea"}"#, Value::Null), (r#"{"do":"price","item":"ink"}"#, json!("NotSold"))]
    {
        let reply = send(&address, "POST /2015-03-31/functions/json/invocations", payload);
        let id =
            reply.lines().find_map(|line| line.strip_prefix("x-amzn-requestid: ")).unwrap_or_else(|| panic!("{reply}"));
        let started = Instant::now();
        // They are sent after the reply.
        let rows = loop {
            let response = send(&address, &format!("GET /_lrt/history/{id}/output"), "");
            let output: Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
            if output["spans"] != json!([]) {
                break output["spans"].clone();
            }
            assert!(started.elapsed() < Duration::from_secs(10), "no spans");
            std::thread::sleep(Duration::from_millis(10));
        };
        let names: Vec<_> = rows.as_array().unwrap().iter().map(|row| (&row["name"], &row["depth"])).collect();
        assert_eq!(names, [(&json!("json"), &json!(0)), (&json!("price"), &json!(1))], "{rows}");
        assert_eq!(rows[0]["error"], error, "{rows}");
    }
    process.kill().unwrap();
    process.wait().unwrap();
}
