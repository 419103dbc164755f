use lrt::prelude::*;

#[lambda]
async fn process(_: String, _: Context, _: lrt::Context) {}
