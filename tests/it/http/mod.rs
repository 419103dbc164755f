//! HTTP functions, from the event to the reply, with the harness.

mod answers;
mod functions;
mod guard;
mod layers;
mod other;
mod service;
mod streaming;

use lrt::Handler;
use lrt::testing::{Harness, Outcome};
use serde_json::{Value, json};

/// Returns an event of payload format 2.0.
fn get(path: &str) -> Value {
    request("GET", path, &json!({}), None)
}

fn request(method: &str, path: &str, headers: &Value, body: Option<&str>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = headers.clone();
    headers["host"] = json!("api.example");
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": { "stage": "$default", "http": { "method": method, "path": path } },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The response that the client receives.
struct HttpAnswer {
    status: u64,
    reply: Value,
}

impl HttpAnswer {
    fn of(outcome: &Outcome) -> HttpAnswer {
        let reply: Value = outcome.reply();
        HttpAnswer { status: reply["statusCode"].as_u64().unwrap(), reply }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.reply["headers"][name].as_str()
    }

    fn text(&self) -> &str {
        self.reply["body"].as_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap()
    }

    fn is_base64(&self) -> bool {
        self.reply["isBase64Encoded"].as_bool().unwrap()
    }
}

async fn ask<F: Handler>(harness: &Harness<F>, event: Value) -> HttpAnswer {
    HttpAnswer::of(&harness.invoke(event).await)
}
