use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Product;

#[lambda(dynamodb)]
async fn index(batch: Batch<Change<Product>>) -> BatchFailures {
    let mut failures = BatchFailures::new();
    for change in batch {
        if let Err(error) = change {
            failures.push(&error);
        }
    }
    failures
}
