//! A request with a header, a query parameter and a JSON body; the response is JSON with a header.

use lambda_http::http::Response;
use lambda_http::{Error, IntoResponse, Request, RequestExt, RequestPayloadExt, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[derive(Serialize)]
struct Answer {
    message: String,
}

async fn hello(request: Request) -> Result<impl IntoResponse, Error> {
    let tenant = request.headers().get("x-tenant").and_then(|tenant| tenant.to_str().ok()).unwrap_or_default();
    let query = request.query_string_parameters();
    let tier = query.first("tier").unwrap_or_default();
    let echo = format!("{} {} {tenant} {tier}", request.method(), request.raw_http_path());
    let Some(hello) = request.payload::<Hello>()? else { return Err("the request has no body".into()) };
    let answer = serde_json::to_string(&Answer { message: format!("hello {}", hello.name) })?;
    Ok(Response::builder().header("content-type", "application/json").header("x-echo", echo).body(answer)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match std::env::var_os("LRT_COMPAT") {
        Some(_) => lrt_compat::lambda_http(service_fn(hello)).serve().await,
        None => lambda_http::run(service_fn(hello)).await,
    }
}
