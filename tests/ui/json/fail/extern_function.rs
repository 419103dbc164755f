use lrt::prelude::*;

#[lambda]
async extern "C" fn process(order: String) {}
