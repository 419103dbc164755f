use lrt::prelude::*;

#[lambda]
async unsafe fn process(_: String) {}
