use lrt::prelude::*;

#[lambda(http, service)]
async fn app() -> StatusCode {
    StatusCode::OK
}
