use lrt::prelude::*;
use lrt::Context as Invocation;

#[lambda]
async fn process(_: String, ctx: Invocation) -> String {
    ctx.request_id().to_owned()
}
