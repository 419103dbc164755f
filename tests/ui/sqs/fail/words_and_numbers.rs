use lrt::prelude::*;

#[lambda(sqs, concurrency = 0, on_failure = "stop", on_all_failed = ignore)]
async fn process(id: u64) {
    let _ = id;
}
