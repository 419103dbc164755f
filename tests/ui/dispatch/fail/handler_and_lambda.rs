use lrt::prelude::*;

#[handler]
#[lambda]
async fn process(_: String) {}
