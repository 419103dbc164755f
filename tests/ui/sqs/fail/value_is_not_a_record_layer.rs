use lrt::prelude::*;

struct NoLayer;

#[lambda(sqs, record_layer = NoLayer)]
async fn process(id: u64) {
    let _ = id;
}
