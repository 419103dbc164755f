use lrt::prelude::*;

#[lambda]
async fn add((a, b): (i64, i64)) -> i64 {
    a + b
}
