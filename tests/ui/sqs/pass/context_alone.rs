use lrt::prelude::*;

#[lambda(sqs)]
async fn process(ctx: Context) {
    let _ = ctx;
}
