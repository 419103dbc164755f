//! Functions of every kind, and with each option that affects the template.

use lrt::firehose::Transform;
use lrt::http::Body;
use lrt::payload::{EventBridge, S3, Sns};
use lrt::prelude::*;
use lrt::s3::S3Object;
use serde_json::Value;
use std::time::Duration;
use tower_http::cors::CorsLayer;

lrt::main!(
    plain,
    notified,
    tokens,
    nightly,
    uploads,
    queued_uploads,
    placed,
    tick,
    clicks,
    messages,
    many_messages,
    notifications,
    changes,
    readings,
    topic,
    anywhere,
    url,
    streaming_url,
    get_order,
    put_order,
    rest_of_api,
    more_of_api,
    versioned,
    rest_order,
    rest_rest,
    rest_stream,
    balanced,
    balanced_order,
    latticed,
    latticed_order,
    chat,
    auth,
    guarded_order,
    guarded_rest,
    guarded_chat,
);

#[handler]
async fn plain(event: Value) -> Value {
    event
}

#[handler]
async fn notified(notification: Sns<Value>) {
    drop(notification);
}

#[handler(streaming)]
async fn tokens() -> impl futures_util::Stream<Item = String> + Send {
    futures_util::stream::iter(["a".to_owned()])
}

#[handler(schedule = "cron(0 3 * * ? *)")]
async fn nightly(limit: u32) -> u32 {
    limit
}

#[handler(s3)]
async fn uploads(object: S3Object) {
    drop(object);
}

#[handler(sqs)]
async fn queued_uploads(event: S3) {
    drop(event);
}

#[handler(
    eventbridge,
    pattern = r#"{"source": ["shop"], "detail-type": ["OrderPlaced"], "detail": {"id": [{"exists": true}]}}"#
)]
async fn placed(event: EventBridge<Value>) -> String {
    event.source
}

#[handler(eventbridge, schedule = "rate(5 minutes)")]
async fn tick(event: EventBridge<Value>) -> String {
    event.detail_type
}

#[handler(firehose)]
async fn clicks(click: Value) -> Transform<Value> {
    Transform::Ok(click)
}

#[handler(sqs)]
async fn messages(body: Value) {
    drop(body);
}

#[handler(sqs, concurrency = 50)]
async fn many_messages(body: Value) {
    drop(body);
}

#[handler(sqs)]
async fn notifications(message: Message<Sns<Value>>) {
    drop(message);
}

#[handler(dynamodb)]
async fn changes(change: Change<Value>) {
    drop(change);
}

#[handler(kinesis)]
async fn readings(record: Record<Value>) {
    drop(record);
}

#[handler(kafka)]
async fn topic(record: lrt::kafka::Record<Value>) {
    drop(record);
}

#[handler(http, base_path = "/v1")]
async fn anywhere() {}

#[handler(function_url)]
async fn url() {}

#[handler(function_url, streaming)]
async fn streaming_url() -> Response {
    Response::new(Body::empty())
}

#[handler(api_gateway, route = "GET /orders/{id}")]
async fn get_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(http_api, route = "PUT /orders/{id}", layer = CorsLayer::permissive())]
async fn put_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(http_api)]
async fn rest_of_api() {}

/// Another function already has the route `$default`, so this function gets a separate API.
#[handler(api_gateway)]
async fn more_of_api() {}

#[handler(http_api, base_path = "/v1", route = "ANY /files/{*path}")]
async fn versioned(Path(path): Path<String>) -> String {
    path
}

#[handler(rest_api, route = "POST /orders/{id}", layer = CorsLayer::permissive())]
async fn rest_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(rest_api, name = "rest-rest")]
async fn rest_rest() {}

#[handler(rest_api, streaming, route = "GET /stream", base_path = "/v1/live")]
async fn rest_stream() -> Response {
    Response::new(Body::empty())
}

#[handler(alb)]
async fn balanced() {}

#[handler(alb, route = "GET /orders/{id}", base_path = "/v1", layer = CorsLayer::permissive())]
async fn balanced_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(lattice)]
async fn latticed() {}

#[handler(lattice, route = "PUT /orders/{id}")]
async fn latticed_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(websocket)]
async fn chat() {}

#[handler(authorizer, identity_sources = ["header.Authorization", "query.key"], cache = Duration::from_secs(300))]
async fn auth(_: AuthRequest) -> Result<Allow<()>, Deny> {
    Err(Deny)
}

#[handler(http_api, route = "GET /guarded/{id}", authorizer = auth, layer = CorsLayer::permissive())]
async fn guarded_order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[handler(rest_api, authorizer = auth)]
async fn guarded_rest(Caller(()): Caller<()>) -> StatusCode {
    StatusCode::OK
}

#[handler(websocket, authorizer = auth)]
async fn guarded_chat() -> StatusCode {
    StatusCode::OK
}
