use lrt::kafka::Record;
use lrt::prelude::*;

struct Order;

#[lambda(kafka)]
async fn process(record: Record<Order>) -> Result<(), Error> {
    let _ = record;
    Ok(())
}
