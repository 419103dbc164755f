use axum::Router;
use lrt::prelude::*;

#[lambda(http)]
async fn app() -> Router {
    Router::new()
}
