use lrt::prelude::*;

struct Order;

#[lambda(sqs)]
async fn process(message: Message<Order>) -> Result<(), Error> {
    let _ = message;
    Ok(())
}
