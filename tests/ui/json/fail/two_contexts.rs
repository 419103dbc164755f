use lrt::prelude::*;

#[lambda]
async fn process(order: String, ctx: Context, again: lrt::Context) {}
