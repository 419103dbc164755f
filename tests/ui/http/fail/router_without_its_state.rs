use axum::Router;
use lrt::prelude::*;

#[derive(Clone)]
struct Db;

#[lambda(http, service)]
async fn app() -> Router<Db> {
    Router::new()
}
