//! Runs the function between a fake Runtime API and a fake collector.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

use lrt::testing::{Event, RuntimeApi};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";

struct FunctionProcess(Child);

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn start(api: &RuntimeApi, collector: &str) -> FunctionProcess {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otel"));
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("AWS_LAMBDA_FUNCTION_NAME", "shop");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"));
    FunctionProcess(command.stderr(Stdio::piped()).spawn().unwrap())
}

fn event(payload: &str, sampled: u8) -> Event {
    let header = format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}");
    Event::new(payload.to_owned()).request_id("r-1").header("Lambda-Runtime-Trace-Id", header)
}

#[tokio::test]
async fn spans_are_exported_in_the_trace_of_the_invocation_before_the_next_one() {
    let (address, spans) = collector();
    let api = RuntimeApi::start().await.unwrap();
    let _process = start(&api, &address);
    for _ in 0..2 {
        assert_eq!(api.invoke(event(r#"{ "item": "tea", "quantity": 2 }"#, 1)).await.text(), r#"{"cents":700}"#);
        api.next_waiting().await;
        let sent: Vec<Span> = spans.try_iter().collect();
        let [price, invocation] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((&*price.name, &*invocation.name), ("price", "invocation"));
        assert_eq!((hex(&price.trace_id), hex(&invocation.trace_id)), (TRACE.to_owned(), TRACE.to_owned()));
        assert_eq!(hex(&invocation.parent_span_id), "53995c3f42cd8ad8");
        assert_eq!(price.parent_span_id, invocation.span_id);
        assert_eq!(text(price, "item"), "tea");
        assert_eq!(text(invocation, "requestId"), "r-1");
        assert_eq!(text(invocation, "service.name"), "shop");
        assert_eq!(invocation.events.iter().map(|event| &*event.name).collect::<Vec<_>>(), ["found"]);
    }
}

#[tokio::test]
async fn function_error_is_an_event_of_the_span() {
    let (address, spans) = collector();
    let api = RuntimeApi::start().await.unwrap();
    let _process = start(&api, &address);
    assert!(api.invoke(event(r#"{ "item": "gold", "quantity": 2 }"#, 1)).await.is_error());
    api.next_waiting().await;
    let invocation = spans.try_iter().find(|span| span.name == "invocation").unwrap();
    assert_eq!(invocation.events.iter().map(|event| &*event.name).collect::<Vec<_>>(), ["NotSold: gold"]);
}

#[tokio::test]
async fn unsampled_trace_is_not_exported() {
    let (address, spans) = collector();
    let api = RuntimeApi::start().await.unwrap();
    let _process = start(&api, &address);
    api.invoke(event(r#"{ "item": "tea", "quantity": 2 }"#, 0)).await;
    api.next_waiting().await;
    assert_eq!(spans.try_iter().count(), 0);
}

#[tokio::test]
async fn function_succeeds_without_a_collector() {
    let (address, _) = { (TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string(), ()) };
    let api = RuntimeApi::start().await.unwrap();
    let mut process = start(&api, &address);
    for _ in 0..2 {
        assert_eq!(api.invoke(event(r#"{ "item": "tea", "quantity": 1 }"#, 1)).await.text(), r#"{"cents":350}"#);
    }
    api.next_waiting().await;
    process.0.kill().unwrap();
    let mut log = String::new();
    process.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(log.matches("failed to export spans").count(), 2, "{log}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the text of an attribute.
fn text(span: &Span, key: &str) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let value = span.attributes.iter().find(|attribute| attribute.key == key).and_then(|found| found.value.clone());
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{key} is {other:?} in {span:?}"),
    }
}

/// Starts a collector of OTLP over HTTP. Returns its address and the received spans, which include the attributes of the resource.
fn collector() -> (String, Receiver<Span>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, spans) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || serve(stream, &sender));
        }
    });
    (address, spans)
}

fn serve(stream: TcpStream, sender: &Sender<Span>) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        let length =
            head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        reader.read_exact(&mut body).unwrap();
        for resource_spans in ExportTraceServiceRequest::decode(&body[..]).unwrap().resource_spans {
            let common = resource_spans.resource.unwrap().attributes;
            for mut span in resource_spans.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                span.attributes.extend(common.clone());
                // The test may have ended.
                _ = sender.send(span);
            }
        }
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    }
}
