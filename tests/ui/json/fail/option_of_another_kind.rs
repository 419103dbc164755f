use lrt::prelude::*;

#[lambda(concurrency = 8, record_layer = tower::layer::util::Identity::new())]
async fn process(name: String) -> String {
    name
}
