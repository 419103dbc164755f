use lrt::prelude::*;

#[lambda(sqs)]
async fn process(id: u64) -> Result<u64, Error> {
    Ok(id)
}
