use lrt::prelude::*;

#[lrt::defaults(sqs)]
mod orders {
    pub(crate) async fn process(_: String) {}
}

#[handler]
async fn cancel(_: String) {}

lrt::main!(cancel);
