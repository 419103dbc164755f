use lrt::prelude::*;

fn margin() -> u64 {
    500
}

#[lambda(deadline_margin = margin())]
async fn process(_: String) {}
