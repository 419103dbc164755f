use lrt::prelude::*;

async fn handler() -> u8 {
    1
}

async fn run(_: &u8) {}

/// Variables of the user's with names that the expansion uses as well.
#[lambda(init = handler, shutdown = run)]
async fn define(json: String, _: &u8) -> String {
    json
}
