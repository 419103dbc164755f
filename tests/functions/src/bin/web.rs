//! An HTTP function whose requests determine its replies, for tests that run it as a process. `WEB_KIND` is its kind,
//! `WEB_ROUTE` its route.
//!
//! It reads events and writes replies without lrt-http, so that the tests cover the local Lambda only.
//! `POST /answer` uses the request body as the reply, `/fail` is a function error, and all other paths return the
//! event.

use lrt::{ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply, service_fn};
use serde_json::{Value, json};
use std::process::ExitCode;

async fn answer(invocation: Invocation) -> Result<Reply, lrt::BoxError> {
    let event: Value = serde_json::from_slice(invocation.payload())?;
    let path = ["rawPath", "path"].iter().find_map(|path| event[path].as_str()).unwrap_or_default();
    let answer = match path {
        "/fail" => return Err("it fails".into()),
        "/answer" => event["body"].as_str().unwrap_or_default().to_owned(),
        _ => {
            let headers = json!({"content-type": "application/json"});
            json!({"statusCode": 200, "headers": headers, "body": event.to_string()}).to_string()
        }
    };
    Ok(Reply::from_bytes(answer.into_bytes()))
}

struct Web {
    kind: &'static str,
    route: Option<String>,
}

impl Handler for Web {
    type State = ();
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
        Ok(Initialized { state: (), shutdown: () })
    }

    fn service(&self, (): ()) -> impl Future<Output = Result<impl FunctionService, ErrorReport>> {
        std::future::ready(Ok(service_fn(answer)))
    }

    fn name(&self) -> &str {
        "web"
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }
}

impl lrt::Function for Web {
    const NAME: &'static str = "web";

    fn handler() -> impl Handler {
        let kind = std::env::var("WEB_KIND").expect("WEB_KIND names a kind").leak();
        Web { kind, route: std::env::var("WEB_ROUTE").ok() }
    }
}

fn main() -> ExitCode {
    lrt::run::<Web>()
}
