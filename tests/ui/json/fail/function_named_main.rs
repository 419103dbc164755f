use lrt::prelude::*;

#[lambda]
async fn main(order: String) {
    println!("{order}");
}
