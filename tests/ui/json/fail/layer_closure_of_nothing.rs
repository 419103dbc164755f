use lrt::prelude::*;

#[lambda(layer = || tower::layer::util::Identity::new())]
async fn process(name: String) -> String {
    name
}
