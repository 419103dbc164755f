use lrt::prelude::*;

#[lambda(sqs)]
async fn process(message: Message<u64>) -> Result<BatchFailures, Error> {
    let _ = message;
    Ok(BatchFailures::new())
}
