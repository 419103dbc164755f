use lrt::payload::EventBridge;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Paid {
    amount: u32,
}

#[lambda(kinesis)]
async fn book(record: Record<EventBridge<Paid>>) -> Result<(), Error> {
    println!("{} of {}, with key {}", record.data.detail.amount, record.data.source, record.partition_key);
    Ok(())
}
