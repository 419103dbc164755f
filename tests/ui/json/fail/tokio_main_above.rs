use lrt::prelude::*;

#[tokio::main(flavor = "current_thread")]
#[lambda]
async fn main() {}
