use lrt::prelude::*;

#[lambda(sqs, fifo)]
async fn process(id: u64) {
    let _ = id;
}
