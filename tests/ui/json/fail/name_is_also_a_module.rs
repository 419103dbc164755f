use lrt::prelude::*;

mod process {}

#[lambda]
async fn process(_: String) {}
