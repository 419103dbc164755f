use lrt::prelude::*;

#[lambda]
async extern "C" fn process(_: String) {}
