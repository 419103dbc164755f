//! Functions behind an authorizer. The token determines its decision.

use lrt::http::{Iam, JwtClaims};
use lrt::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tower_http::cors::CorsLayer;

lrt::main!(auth, me, with_cors, public, claims, signed);

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
        Some("narrow") => Ok(Allow::new(User { name: "narrow".to_owned(), call }).only("GET", "/me")),
        Some(name) if name != "expired" => Ok(Allow::new(User { name: name.to_owned(), call })),
        _ => Err(Deny::unauthorized().into()),
    }
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
