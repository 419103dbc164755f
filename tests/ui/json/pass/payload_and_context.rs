use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
}

#[lambda]
async fn process(order: Order, ctx: Context) -> String {
    format!("{} in {}", order.id, ctx.request_id())
}
