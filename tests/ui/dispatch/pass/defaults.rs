#![deny(warnings)]
use lrt::prelude::*;
use std::time::Duration;
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;

struct Db;

struct Other;

async fn connect() -> Db {
    Db
}

async fn connect_other() -> Result<Other, Error> {
    Ok(Other)
}

fn layers() -> (TimeoutLayer, ConcurrencyLimitLayer) {
    (TimeoutLayer::new(Duration::from_secs(3)), ConcurrencyLimitLayer::new(8))
}

#[lrt::defaults(http_api, init = connect, layer = layers())]
mod orders {
    use super::*;

    #[handler(route = "GET /orders/{id}")]
    pub(crate) async fn get(Path(id): Path<u64>, _: &Db) -> String {
        id.to_string()
    }

    #[lrt::handler(route = "PUT /orders/{id}", layer = |_: &Db| TimeoutLayer::new(Duration::from_secs(1)))]
    pub(crate) async fn put(Path(id): Path<u64>, _: &Db) -> String {
        id.to_string()
    }

    #[handler(sqs, init = connect_other)]
    pub(crate) async fn process(_: String, _: &Other) {}

    #[handler]
    pub(crate) async fn list(_: &Db) -> String {
        String::new()
    }
}

lrt::main!(orders::get, self::orders::put, crate::orders::process, orders::list);
