use lrt::prelude::*;

#[lambda]
async fn process(ctx: Context) -> String {
    ctx.request_id().to_owned()
}
