use lrt::batch::{Batch, BatchFailures};
use lrt::sqs::Message;

struct Order {
    _id: u32,
}

async fn process(_batch: Batch<Message<Order>>) -> Result<BatchFailures, lrt::Error> {
    Ok(BatchFailures::new())
}

fn main() -> std::process::ExitCode {
    lrt::sqs(process).run()
}
