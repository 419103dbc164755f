use lrt::prelude::*;
use tower::timeout::TimeoutLayer;

struct Db;
struct Search;

async fn connect() -> Search {
    Search
}

#[lambda(init = connect, layer = |db: &Db| TimeoutLayer::new(std::time::Duration::ZERO))]
async fn process(name: String) -> String {
    name
}
