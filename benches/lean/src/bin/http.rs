//! A request with a header, a query parameter and a JSON body; the response is JSON with a header. The events come from
//! an HTTP API or a REST API.

use lrt::Error;
use lrt::http::{HeaderMap, IntoResponse, Json, Method, Query, Uri};

#[derive(serde::Deserialize)]
struct Tier {
    tier: String,
}

#[derive(serde::Deserialize)]
struct Hello {
    name: String,
}

#[derive(serde::Serialize)]
struct Answer {
    message: String,
}

async fn hello(
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Query(Tier { tier }): Query<Tier>,
    Json(hello): Json<Hello>,
) -> Result<impl IntoResponse, Error> {
    let tenant = headers.get("x-tenant").and_then(|tenant| tenant.to_str().ok()).unwrap_or_default();
    let echo = format!("{method} {} {tenant} {tier}", uri.path());
    Ok(([("x-echo", echo)], Json(Answer { message: format!("hello {}", hello.name) })))
}

fn main() -> std::process::ExitCode {
    lrt::http(hello).run()
}
