use lrt::prelude::*;
use std::rc::Rc;

#[lambda(http)]
async fn read() -> StatusCode {
    let shared = Rc::new(1);
    tokio::task::yield_now().await;
    drop(shared);
    StatusCode::OK
}
