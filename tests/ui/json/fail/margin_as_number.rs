use lrt::prelude::*;

#[lambda(deadline_margin = 500)]
async fn process(_: String) {}
