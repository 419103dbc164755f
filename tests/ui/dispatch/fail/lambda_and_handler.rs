use lrt::prelude::*;

#[lambda]
#[handler]
async fn process(_: String) {}
