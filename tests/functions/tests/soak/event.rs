//! Events of each kind, and their records.

use crate::api::Settings;
use crate::random::Random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The functions of `soak.rs`.
pub(crate) const FUNCTIONS: [&str; 5] = ["plain", "web", "streamed", "messages", "readings"];

/// An event, and the ids of its records.
pub(crate) struct Event {
    pub(crate) payload: String,
    pub(crate) records: Vec<String>,
}

impl Event {
    /// Creates the event of an invocation.
    pub(crate) fn new(settings: &Settings, number: usize, random: &mut Random) -> Event {
        let Settings { function, max_ms, .. } = *settings;
        let ms = if max_ms == 0 { 0 } else { random.below(max_ms) };
        // Usually, an event arrives in one read. Some do not fit into the buffer of a read.
        let text = "x".repeat(if random.once_in(20) { random.below(60_000) } else { random.below(300) });
        let mut records = Vec::new();
        let payload = match function {
            "web" | "streamed" => {
                let url = if function == "streamed" { "a.lambda-url.eu-west-1.on.aws" } else { "a.example" };
                json!({
                    "version": "2.0", "rawPath": "/", "rawQueryString": format!("ms={ms}"), "headers": {"host": url},
                    "requestContext": {"domainName": url, "http": {"method": "POST", "path": "/"}}, "body": text,
                })
            }
            "messages" | "readings" => {
                records.extend((0..=random.below(5)).map(|at| format!("{number}-{at}")));
                let source = if function == "messages" { "aws:sqs" } else { "aws:kinesis" };
                let record = |id: &String| {
                    let job = json!({"id": id, "ms": ms, "text": text}).to_string();
                    match function {
                        "messages" => json!({"messageId": id, "body": job, "eventSource": source}),
                        _ => json!({
                            "kinesis": {"sequenceNumber": id, "partitionKey": "a", "data": STANDARD.encode(job)},
                            "eventSource": source,
                        }),
                    }
                };
                json!({"Records": records.iter().map(record).collect::<Vec<Value>>()})
            }
            _ => json!({"ms": ms, "blocks": settings.blocks && random.once_in(3), "text": text}),
        };
        Event { payload: payload.to_string(), records }
    }
}
