use lrt::idempotency::{Idempotency, MemoryStore};
use lrt::prelude::*;

#[lambda(sqs, record_layer = Idempotency::by_header("idempotency-key").store(MemoryStore::new()))]
async fn charge(order: u64) -> Result<(), Error> {
    println!("{order}");
    Ok(())
}
