use lrt::prelude::*;

#[lambda(sqs, concurrency = 4, on_failure = stop, record_layer = tower::load_shed::LoadShedLayer::new())]
async fn process(batch: Batch<Message<u64>>) -> BatchFailures {
    let _ = batch;
    BatchFailures::new()
}
