use lrt::prelude::*;

async fn handler() -> u8 {
    1
}

async fn run(_: &u8) {}

/// What the expansion calls in the same places, called so by the user.
#[lambda(init = handler, shutdown = run)]
async fn define(json: String, _: &u8) -> String {
    json
}
