use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Reading;

#[lambda(kinesis)]
async fn ingest(ctx: Context, _: Reading) {
    println!("{}", ctx.request_id());
}
