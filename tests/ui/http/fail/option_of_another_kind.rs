use lrt::prelude::*;

#[lambda(api_gateway, concurrency = 8)]
async fn read() -> StatusCode {
    StatusCode::OK
}
