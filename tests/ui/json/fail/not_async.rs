use lrt::prelude::*;

#[lambda]
fn process(order: String) -> usize {
    order.len()
}
