use lrt::prelude::*;

#[lambda]
const async fn process(_: String) {}
