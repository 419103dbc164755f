use lrt::prelude::*;

#[lambda(sqs, schedule = "rate(5 minutes)")]
async fn tick(order: u32) -> Result<(), Error> {
    println!("{order}");
    Ok(())
}
