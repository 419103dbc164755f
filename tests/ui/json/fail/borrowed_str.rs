use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(table: &str) {}

async fn connect() -> String {
    "orders".to_owned()
}
