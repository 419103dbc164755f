use lrt::prelude::*;

#[lambda]
#[tokio::main(flavor = "current_thread")]
async fn process() {}
