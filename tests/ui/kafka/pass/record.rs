use lrt::kafka::Record;
use lrt::prelude::{Context, Error, lambda};

#[derive(serde::Deserialize)]
struct Order;

#[lambda(kafka, concurrency = 4, on_failure = continue, on_all_failed = report)]
async fn process(record: Record<Option<Order>>, _: Context) -> Result<(), Error> {
    println!("{} in {}-{} at {}", record.id, record.topic, record.partition, record.offset);
    drop((record.key, record.headers, record.timestamp, record.value));
    Ok(())
}
