use lrt::kafka::Record;
use lrt::prelude::*;

#[lambda(kafka)]
async fn process(batch: Batch<Record<String>>) -> BatchFailures {
    let mut failures = BatchFailures::new();
    failures.extend(batch.into_iter().flatten().filter(|record| record.value.is_empty()));
    failures
}
