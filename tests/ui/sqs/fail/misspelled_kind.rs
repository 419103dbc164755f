use lrt::prelude::*;

#[lambda(sqss)]
async fn process(id: u64) {
    let _ = id;
}
