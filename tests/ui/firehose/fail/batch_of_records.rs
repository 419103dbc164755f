use lrt::prelude::*;

#[lambda(firehose)]
async fn clean(clicks: Batch<String>) -> Result<BatchFailures, Error> {
    drop(clicks);
    Ok(BatchFailures::new())
}
