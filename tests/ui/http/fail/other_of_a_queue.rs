use lrt::prelude::*;

async fn ping(_: u32) {}

#[lambda(sqs, other = ping)]
async fn process(order: u32) {
    println!("{order}");
}
