use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(prices: &[u8]) {}

async fn connect() -> Vec<u8> {
    vec![]
}
