use lrt::prelude::*;

struct Db;

#[lambda(layer = |db: Db| tower::layer::util::Identity::new())]
async fn process(name: String) -> String {
    name
}
