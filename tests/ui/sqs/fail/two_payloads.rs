use lrt::prelude::*;

#[lambda(sqs)]
async fn process(id: u64, name: String) {
    let _ = (id, name);
}
