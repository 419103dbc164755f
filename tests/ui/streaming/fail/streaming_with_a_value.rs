use lrt::prelude::*;

#[lambda(http, streaming = true)]
async fn hello() -> &'static str {
    "hello"
}
