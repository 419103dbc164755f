//! A collector of OTLP over HTTP.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// The answer of a collector.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Behavior {
    Accepts,
    /// Responds with status 500.
    Fails,
    /// Reads requests and never responds.
    Hangs,
}

/// A running collector.
pub(crate) struct Collector {
    pub(crate) address: String,
    spans: Receiver<Received>,
}

/// A span with the attributes of its resource.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) span: Span,
    resource: Vec<KeyValue>,
}

impl Collector {
    pub(crate) fn start(behavior: Behavior) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, spans) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || serve(stream, &sender, behavior));
            }
        });
        Collector { address, spans }
    }

    /// Returns the spans that were received since the last call.
    pub(crate) fn spans(&self) -> Vec<Received> {
        self.spans.try_iter().collect()
    }
}

impl Received {
    pub(crate) fn name(&self) -> &str {
        &self.span.name
    }

    pub(crate) fn trace(&self) -> String {
        hex(&self.span.trace_id)
    }

    pub(crate) fn id(&self) -> String {
        hex(&self.span.span_id)
    }

    pub(crate) fn parent(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    pub(crate) fn links(&self) -> Vec<String> {
        self.span.links.iter().map(|link| hex(&link.span_id)).collect()
    }

    pub(crate) fn events(&self) -> Vec<&str> {
        self.span.events.iter().map(|event| &*event.name).collect()
    }

    /// Returns true if the status is an error.
    pub(crate) fn is_error(&self) -> bool {
        self.span.status.as_ref().is_some_and(|status| status.code == 2)
    }

    /// Returns an attribute of the span or its resource as text.
    pub(crate) fn text(&self, key: &str) -> String {
        let mut attributes = self.span.attributes.iter().chain(&self.resource);
        let found = attributes.find(|attribute| attribute.key == key);
        match found.and_then(|found| found.value.clone()).and_then(|value| value.value) {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            Some(Value::BoolValue(value)) => value.to_string(),
            other => panic!("{key} is {other:?} in {self:?}"),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.span.attributes.iter().any(|attribute| attribute.key == key)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn serve(stream: TcpStream, sender: &Sender<Received>, behavior: Behavior) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        reader.read_exact(&mut body).unwrap();
        let answer = match behavior {
            Behavior::Accepts => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            Behavior::Fails => "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            Behavior::Hangs => continue,
        };
        for resource_spans in ExportTraceServiceRequest::decode(&body[..]).unwrap().resource_spans {
            let resource = resource_spans.resource.unwrap().attributes;
            for span in resource_spans.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                // The test may have ended.
                _ = sender.send(Received { span, resource: resource.clone() });
            }
        }
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}
