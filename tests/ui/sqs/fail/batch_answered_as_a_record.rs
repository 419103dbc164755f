use lrt::prelude::*;

#[lambda(sqs)]
async fn process(batch: Batch<Message<u64>>) -> Result<(), Error> {
    let _ = batch;
    Ok(())
}
