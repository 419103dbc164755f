use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(_: &str) {}

async fn connect() -> String {
    "orders".to_owned()
}
