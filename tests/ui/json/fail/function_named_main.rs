use lrt::prelude::*;

#[lambda]
async fn main(_: String) {
    println!("{order}");
}
