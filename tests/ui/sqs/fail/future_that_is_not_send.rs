use lrt::prelude::*;
use std::rc::Rc;

#[lambda(sqs)]
async fn process(id: u64) {
    let id = Rc::new(id);
    std::future::ready(()).await;
    drop(id);
}
