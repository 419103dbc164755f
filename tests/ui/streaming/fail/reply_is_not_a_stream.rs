use lrt::prelude::*;

#[lambda(streaming)]
async fn count(to: u32) -> Vec<u32> {
    (0..to).collect()
}
