use lrt::prelude::*;

#[lambda]
async unsafe fn process(order: String) {}
