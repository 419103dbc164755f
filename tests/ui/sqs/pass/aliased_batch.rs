use lrt::prelude::*;

type Orders = Batch<u64>;

#[lambda(sqs, on_all_failed = report)]
async fn process(orders: Orders) -> BatchFailures {
    let _ = orders;
    BatchFailures::new()
}
