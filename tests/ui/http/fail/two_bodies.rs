use lrt::prelude::*;

#[lambda(http)]
async fn create(Json(order): Json<u32>, request: Request) -> StatusCode {
    let _ = (order, request);
    StatusCode::CREATED
}
