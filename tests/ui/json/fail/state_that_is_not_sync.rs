use lrt::prelude::*;
use std::cell::Cell;

#[lambda(init = connect)]
async fn process(_: String, _: &Cell<u64>) {}

async fn connect() -> Cell<u64> {
    Cell::new(0)
}
