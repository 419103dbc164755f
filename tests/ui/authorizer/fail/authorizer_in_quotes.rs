use lrt::prelude::*;

#[lambda(http_api, authorizer = "auth")]
async fn orders() -> StatusCode {
    StatusCode::OK
}
