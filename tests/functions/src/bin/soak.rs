//! Functions of several kinds, for `tests/functions/tests/soak`. Each takes as long as its event says.

use futures_util::stream;
use lrt::http::Body;
use lrt::prelude::*;
use serde_json::Value;
use std::time::Duration;

lrt::main!(plain, web, streamed, messages, readings);

/// With `shutdown`, SIGTERM is handled before the first event.
struct State;

async fn init() -> State {
    State
}

async fn shutdown(_: &State) {}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

#[handler(init = init, shutdown = shutdown)]
async fn plain(event: Value) -> Value {
    let ms = event["ms"].as_u64().unwrap_or(0);
    if event["blocks"] == true {
        // Longer than shutdown waits for workers.
        std::thread::sleep(Duration::from_millis(2 * ms));
    } else {
        pause(ms).await;
    }
    event
}

#[derive(serde::Deserialize)]
struct Request {
    ms: u64,
}

#[handler(http_api, init = init, shutdown = shutdown)]
async fn web(Query(request): Query<Request>, body: String) -> String {
    pause(request.ms).await;
    body
}

#[handler(function_url, streaming, init = init, shutdown = shutdown)]
async fn streamed(Query(request): Query<Request>, body: String) -> Response {
    let chunks = stream::unfold(0, move |at| {
        let chunk = body.clone();
        async move {
            pause(request.ms / 3).await;
            (at < 3).then(|| (Ok::<_, Error>(chunk), at + 1))
        }
    });
    Response::new(Body::from_stream(chunks))
}

#[derive(serde::Deserialize)]
struct Job {
    id: String,
    ms: u64,
}

/// Prints the record, so that the test knows which ones have succeeded.
async fn work(job: Job) {
    pause(job.ms).await;
    println!("{}", job.id);
}

#[handler(sqs, init = init, shutdown = shutdown)]
async fn messages(job: Job) {
    work(job).await;
}

#[handler(kinesis, init = init, shutdown = shutdown)]
async fn readings(job: Job) {
    work(job).await;
}
