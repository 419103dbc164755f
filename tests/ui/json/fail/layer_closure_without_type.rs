use lrt::prelude::*;

#[lambda(layer = |db| tower::layer::util::Identity::new())]
async fn process(name: String) -> String {
    name
}
