use lrt::idempotency::{Idempotency, MemoryStore};
use lrt::prelude::*;

struct Order {
    id: u64,
}

#[lambda(sqs, record_layer = Idempotency::by(|order: &Order| order.id).store(MemoryStore::new()))]
async fn charge(order: u64) -> Result<(), Error> {
    println!("{order}");
    Ok(())
}
