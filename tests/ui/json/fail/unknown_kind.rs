use lrt::prelude::*;

#[lambda(sqz)]
async fn process(_: String) {}
