use lrt::prelude::*;

#[lambda]
async fn process(order: String) -> usize {
    order.length()
}
