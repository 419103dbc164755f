use lrt::prelude::*;

#[lambda(http, route = "GET /orders/:id")]
async fn read(Path(id): Path<u64>) -> StatusCode {
    let _ = id;
    StatusCode::OK
}
