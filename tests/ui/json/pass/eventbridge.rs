use lrt::payload::EventBridge;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Paid {
    amount: u32,
}

#[lambda]
async fn book(event: EventBridge<Paid>, ctx: Context) -> String {
    format!("{} of {} in {}", event.detail.amount, event.source, ctx.request_id())
}
