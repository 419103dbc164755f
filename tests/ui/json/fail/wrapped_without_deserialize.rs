use lrt::payload::Sns;
use lrt::prelude::*;

struct Order;

#[lambda]
async fn process(order: Sns<Order>) -> Result<(), Error> {
    let _ = order.message;
    Ok(())
}
