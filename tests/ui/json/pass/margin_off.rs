use lrt::prelude::*;

#[lambda(deadline_margin = off)]
async fn process(_: u64) {}
