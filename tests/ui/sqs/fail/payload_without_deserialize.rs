use lrt::prelude::*;

struct Order {
    id: u64,
}

#[lambda(sqs)]
async fn process(order: Order) -> Result<(), Error> {
    println!("{}", order.id);
    Ok(())
}
