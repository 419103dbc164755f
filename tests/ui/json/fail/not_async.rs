use lrt::prelude::*;

#[lambda]
fn process(_: String) -> usize {
    order.len()
}
