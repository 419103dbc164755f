use lrt::idempotency::{Idempotency, MemoryStore};
use lrt::prelude::*;

#[lambda(sqs, record_layer = Idempotency::by(|message: &Message<u64>| message.body).store(MemoryStore::new()))]
async fn charge(message: Message<u64>) -> Result<(), Error> {
    println!("{}", message.body);
    Ok(())
}
