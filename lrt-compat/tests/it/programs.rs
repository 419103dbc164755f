//! Programs over the public API of lambda_runtime and lambda_http.

use crate::process::{Loop, PROGRAM};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::AppendHeaders;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use lambda_http::{Body, IntoResponse, Request, RequestExt, RequestPayloadExt, Response};
use lambda_runtime::streaming::{Body as StreamBody, channel};
use lambda_runtime::{Diagnostic, Error, FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::process::ExitCode;

/// Runs the program that the environment names.
#[test]
#[ignore = "other tests run it in a process with the environment of Lambda"]
fn program() {
    let on = Loop::of_environment();
    macro_rules! run {
        ($run:path, $compat:path, $service:expr) => {
            match on {
                Loop::LambdaRuntime => block_on($run($service)),
                Loop::Lrt => block_on($compat($service).serve()),
                Loop::LrtRun => match $compat($service).run() {
                    code if code == ExitCode::SUCCESS => Ok(()),
                    code => Err(format!("{code:?}").into()),
                },
            }
        };
    }
    macro_rules! json {
        ($service:expr) => {
            run!(lambda_runtime::run, lrt_compat::lambda_runtime, $service)
        };
    }
    let ended: Result<(), Error> = match &*std::env::var(PROGRAM).unwrap() {
        "context" => json!(service_fn(context)),
        "text" => json!(service_fn(text)),
        "unit" => json!(service_fn(unit)),
        "order" => json!(service_fn(order)),
        "sqs" => json!(service_fn(sqs)),
        "not-json" => json!(service_fn(not_json)),
        "response" => json!(service_fn(response)),
        "stream" => json!(service_fn(stream_response)),
        "failing-stream" => json!(service_fn(failing_stream)),
        "boxed-error" => json!(service_fn(boxed_error)),
        "io-error" => json!(service_fn(io_error)),
        "string-error" => json!(service_fn(string_error)),
        "str-error" => json!(service_fn(str_error)),
        "diagnostic" => json!(service_fn(diagnostic)),
        "panic" => json!(service_fn(panic)),
        "panic-in-call" => json!(service_fn(panic_in_call)),
        "subscriber" => {
            lambda_runtime::tracing::init_default_subscriber();
            json!(service_fn(logs))
        }
        "pair" => {
            let barrier = &*Box::leak(Box::new(tokio::sync::Barrier::new(2)));
            json!(service_fn(move |_: LambdaEvent<Value>| async move {
                barrier.wait().await;
                Ok::<_, Error>("met")
            }))
        }
        "http" => run!(lambda_http::run, lrt_compat::lambda_http, service_fn(request)),
        "router" => run!(lambda_http::run, lrt_compat::lambda_http, router()),
        "streaming-router" => {
            run!(lambda_http::run_with_streaming_response, lrt_compat::lambda_http_streaming, router())
        }
        other => panic!("unknown program: {other}"),
    };
    ended.unwrap();
}

/// Runs a future as `#[tokio::main]` does.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

async fn context(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(json!({ "payload": event.payload, "context": event.context }))
}

async fn text(event: LambdaEvent<Value>) -> Result<String, Error> {
    Ok(format!("\u{8}\"{}\" é\n", event.payload))
}

async fn unit(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: u64,
    items: Vec<Item>,
}

#[derive(Deserialize, Serialize)]
struct Item {
    name: String,
    count: Option<u8>,
}

async fn order(event: LambdaEvent<Order>) -> Result<Order, Error> {
    Ok(event.payload)
}

async fn sqs(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records.into_iter().filter(|message| message.body.as_deref() != Some("tea")) {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message.message_id.unwrap_or_default();
        response.batch_item_failures.push(failure);
    }
    Ok(response)
}

async fn not_json(event: LambdaEvent<bool>) -> Result<HashMap<(u8, u8), u8>, Error> {
    Ok(if event.payload { HashMap::new() } else { HashMap::from([((1, 2), 3)]) })
}

type Chunks = stream::Iter<std::vec::IntoIter<Result<String, io::Error>>>;

/// Streams an array, and returns any other value.
async fn response(event: LambdaEvent<Value>) -> Result<FunctionResponse<Value, Chunks>, Error> {
    Ok(match event.payload {
        Value::Array(chunks) => {
            let chunks: Vec<_> = chunks.into_iter().map(|chunk| Ok(chunk.to_string())).collect();
            FunctionResponse::StreamingResponse(StreamResponse::from(stream::iter(chunks)))
        }
        value => FunctionResponse::BufferedResponse(value),
    })
}

async fn stream_response(event: LambdaEvent<Vec<String>>) -> Result<StreamResponse<StreamBody>, Error> {
    let (mut sender, stream) = channel();
    tokio::spawn(async move {
        for chunk in event.payload {
            sender.send_data(chunk.into()).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let mut metadata_prelude = MetadataPrelude { status_code: "201".parse()?, ..MetadataPrelude::default() };
    metadata_prelude.headers.insert("content-type", "text/plain".parse()?);
    metadata_prelude.headers.append("x-tea", "green".parse()?);
    metadata_prelude.headers.append("x-tea", "black".parse()?);
    metadata_prelude.cookies.push("a=1; Secure".to_owned());
    Ok(StreamResponse { metadata_prelude, stream })
}

async fn failing_stream(_: LambdaEvent<Value>) -> Result<StreamResponse<Chunks>, Error> {
    let chunks = vec![Ok("one".to_owned()), Err(io::Error::other("no more tea"))];
    Ok(StreamResponse::from(stream::iter(chunks)))
}

async fn boxed_error(event: LambdaEvent<String>) -> Result<(), Error> {
    Err(event.payload.into())
}

async fn io_error(event: LambdaEvent<String>) -> Result<(), io::Error> {
    Err(io::Error::other(event.payload))
}

async fn string_error(event: LambdaEvent<String>) -> Result<(), String> {
    Err(event.payload)
}

async fn str_error(_: LambdaEvent<Value>) -> Result<(), &'static str> {
    Err("no tea")
}

#[derive(Debug)]
struct OutOfStock(u32);

impl From<OutOfStock> for Diagnostic {
    fn from(OutOfStock(left): OutOfStock) -> Diagnostic {
        Diagnostic { error_type: "shop::OutOfStock".to_owned(), error_message: format!("{left} left") }
    }
}

async fn diagnostic(event: LambdaEvent<u32>) -> Result<(), OutOfStock> {
    Err(OutOfStock(event.payload))
}

async fn panic(event: LambdaEvent<Value>) -> Result<(), Error> {
    tokio::task::yield_now().await;
    match event.payload.as_str() {
        Some("str") => panic!("no tea"),
        Some(text) => panic!("no {text}"),
        None => std::panic::panic_any(7),
    }
}

fn panic_in_call(event: LambdaEvent<bool>) -> std::future::Ready<Result<(), Error>> {
    assert!(event.payload, "no tea");
    std::future::ready(Ok(()))
}

async fn logs(event: LambdaEvent<Value>) -> Result<(), Error> {
    lambda_runtime::tracing::info!(tea = "green", "brewing");
    match event.payload {
        Value::Null => Ok(()),
        value => Err(format!("no {value}").into()),
    }
}

async fn request(request: Request) -> Result<impl IntoResponse, Error> {
    let query = request.query_string_parameters();
    // The order of these maps differs from one process to the next.
    let sorted = |map: &lambda_http::aws_lambda_events::query_map::QueryMap| {
        let mut entries: Vec<_> = map.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        entries.sort();
        entries
    };
    let seen = json!({
        "method": request.method().as_str(),
        "uri": request.uri().to_string(),
        "raw_path": request.raw_http_path(),
        "query": sorted(&query),
        "path": sorted(&request.path_parameters()),
        "stage": sorted(&request.stage_variables()),
        "context": request.request_context(),
        "lambda": request.lambda_context(),
        "headers": request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect::<Vec<_>>(),
        "payload": request.payload::<Value>().unwrap_or_else(|error| Some(Value::from(error.to_string()))),
    });
    match query.first("reply") {
        Some("binary") => {
            Ok(Response::builder().header("content-type", "image/png").body(Body::Binary(vec![0, 159, 146, 150]))?)
        }
        Some("empty") => Ok(Response::builder().status(204).body(Body::Empty)?),
        Some("error") => Err("no tea".into()),
        Some("panic") => panic!("no tea"),
        _ => {
            let response = Response::builder().status(201).header("set-cookie", "a=1").header("set-cookie", "b=2");
            Ok(response.header("x-tea", "green").body(Body::Text(seen.to_string()))?)
        }
    }
}

fn router() -> Router {
    Router::new()
        .route(
            "/tea/{name}",
            get(async |Path(name): Path<String>, Query(query): Query<Value>| format!("{name}: {query}")),
        )
        .route("/orders", post(async |Json(order): Json<Order>| Json(order)))
        .route("/png", get(async || ([(CONTENT_TYPE, "image/png")], vec![0_u8, 159, 146, 150])))
        .route("/cookies", get(async || (AppendHeaders([(SET_COOKIE, "a=1"), (SET_COOKIE, "b=2")]), "")))
}
