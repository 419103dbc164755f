use lrt::kafka::Record;
use lrt::payload::{EventBridge, Sns};
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    item: String,
}

#[lambda(kafka)]
async fn index(record: Record<Option<EventBridge<Sns<Order>>>>) -> Result<(), Error> {
    let order = record.value.ok_or_else(|| Error::msg("gone"))?.detail.message;
    Err(Error::named("NotSold", order.item))
}
