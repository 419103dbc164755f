use lrt::prelude::*;

#[lambda(http)]
async fn create(Json(order): Json<u32>, Query(page): Query<u32>) -> StatusCode {
    let _ = (order, page);
    StatusCode::CREATED
}
