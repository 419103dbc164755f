use lrt::prelude::*;
use std::rc::Rc;

#[lambda]
async fn process(order: String) -> usize {
    let order = Rc::new(order);
    std::future::ready(()).await;
    order.len()
}
