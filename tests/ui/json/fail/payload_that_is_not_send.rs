use lrt::prelude::*;
use std::rc::Rc;

#[derive(serde::Deserialize)]
struct Order {
    #[serde(skip)]
    note: Rc<u8>,
}

#[lambda]
async fn process(order: Order) -> u8 {
    *order.note
}
