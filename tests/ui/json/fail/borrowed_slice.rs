use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(_: &[u8]) {}

async fn connect() -> Vec<u8> {
    vec![]
}
