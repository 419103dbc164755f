use lrt::prelude::*;

#[lambda(kafka)]
async fn process(batch: Batch<Record<String>>) -> BatchFailures {
    let _ = batch;
    BatchFailures::new()
}
