use lrt::lambda;

type Invocation = lrt::Context;

#[lambda]
async fn process(ctx: Invocation) -> String {
    ctx.request_id().to_owned()
}
