use lrt::prelude::*;

#[lambda]
async fn create(Json(order): Json<u32>) -> StatusCode {
    let _ = order;
    StatusCode::CREATED
}
