use lrt::prelude::*;

#[handler]
async fn process(_: String) {}
