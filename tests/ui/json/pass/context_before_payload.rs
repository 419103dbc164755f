use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
}

#[lambda]
async fn process(ctx: lrt::Context, order: Order) -> String {
    format!("{} in {}", order.id, ctx.request_id())
}
