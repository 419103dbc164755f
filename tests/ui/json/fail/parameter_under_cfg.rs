use lrt::prelude::*;

#[lambda]
async fn process(_: String, #[cfg(test)] _: Context) {}
