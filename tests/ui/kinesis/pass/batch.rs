use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Reading;

#[lambda(kinesis)]
async fn ingest(batch: Batch<Record<Reading>>) -> Result<BatchFailures, Error> {
    let mut failures = BatchFailures::new();
    for record in batch {
        match record {
            Ok(record) if record.partition_key.is_empty() => failures.push(&record),
            Ok(_) => {}
            Err(error) => failures.push(&error),
        }
    }
    Ok(failures)
}
