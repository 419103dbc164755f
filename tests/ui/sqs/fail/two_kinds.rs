use lrt::prelude::*;

#[lambda(sqs, dynamodb)]
async fn process(id: u64) {
    let _ = id;
}
