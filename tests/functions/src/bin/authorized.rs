//! Functions behind an authorizer. The token determines its decision.

use lrt::http::{Iam, JwtClaims};
use lrt::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tower_http::cors::CorsLayer;

lrt::main!(auth, keyed, staged, me, with_cors, with_key, with_stage, public, claims, signed);

#[derive(Serialize, Deserialize)]
struct User {
    name: String,
    /// Number of the authorizer's call, in its process.
    call: u32,
}

#[handler(authorizer, identity_sources = ["header.Authorization"], cache = Duration::from_secs(2))]
async fn auth(request: AuthRequest) -> Result<Allow<User>, Error> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    match request.bearer_token() {
        Some("denied") => Err(Deny.into()),
        Some("broken") => Err(Error::msg("the key set is gone")),
        Some("panic") => panic!("the key set is gone"),
        Some("slow") => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Err(Deny.into())
        }
        Some("narrow") => Ok(Allow::new(User { name: "narrow".to_owned(), call }).only("GET", "/me")),
        Some(name) if name != "expired" => Ok(Allow::new(User { name: name.to_owned(), call })),
        _ => Err(Deny::unauthorized().into()),
    }
}

/// Identifies the caller by several parts of the request, and allows all.
#[handler(
    authorizer,
    identity_sources = ["query.key", "header.X-Tenant", "context.identity.sourceIp"],
    cache = Duration::from_secs(60)
)]
async fn keyed(request: AuthRequest) -> Allow<User> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    Allow::new(User { name: request.header("x-tenant").unwrap_or_default().to_owned(), call })
}

/// Only deployed APIs have stage variables.
#[handler(authorizer, identity_sources = ["stage.color"])]
async fn staged() -> Allow<User> {
    Allow::new(User { name: "blue".to_owned(), call: 0 })
}

#[handler(api_gateway, route = "GET /key", authorizer = keyed)]
async fn with_key(Caller(user): Caller<User>) -> Json<User> {
    Json(user)
}

#[handler(api_gateway, route = "GET /stage", authorizer = staged)]
async fn with_stage(Caller(user): Caller<User>) -> Json<User> {
    Json(user)
}

#[handler(api_gateway, route = "GET /me", authorizer = auth)]
async fn me(Caller(user): Caller<User>) -> Json<User> {
    Json(user)
}

#[handler(api_gateway, route = "GET /cors", authorizer = auth, layer = CorsLayer::permissive())]
async fn with_cors(Caller(user): Caller<User>) -> Json<User> {
    Json(user)
}

#[handler(api_gateway, route = "GET /public")]
async fn public(user: Option<Caller<User>>) -> String {
    format!("{:?}", user.map(|Caller(user)| user.name))
}

#[handler(api_gateway, route = "GET /claims")]
async fn claims(JwtClaims(claims): JwtClaims<Value>) -> Json<Value> {
    Json(claims)
}

#[handler(http, route = "GET /signed")]
async fn signed(iam: Iam) -> String {
    iam.user_arn
}
