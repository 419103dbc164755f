use lrt::prelude::*;

#[lambda]
async fn process(_: Vec<&str>) {}
