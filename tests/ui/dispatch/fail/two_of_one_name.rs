use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

mod orders {
    use lrt::prelude::*;

    #[handler(sqs)]
    pub async fn process(_: String) {}
}

#[handler]
async fn cancel(_: String) {}

lrt::main!(process, cancel, orders::process);
