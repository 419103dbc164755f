use lrt::batch::DecodeError;
use lrt::payload::Sns;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
}

#[lambda(sqs)]
async fn process(order: Message<Sns<Result<Order, DecodeError>>>) -> Result<(), Error> {
    println!("{} of {}", order.body.message?.id, order.body.topic_arn);
    Ok(())
}
