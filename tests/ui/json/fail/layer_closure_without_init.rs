use lrt::prelude::*;
use tower::timeout::TimeoutLayer;

struct Db;

#[lambda(layer = |db: &Db| TimeoutLayer::new(std::time::Duration::ZERO))]
async fn process(name: String) -> String {
    name
}
