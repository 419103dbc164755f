use lrt::prelude::*;

#[lambda(alb)]
async fn read() -> &'static str {
    "tea"
}
