use lrt::prelude::*;

struct Order;

#[lambda(http)]
async fn create(Path(id): Path<u64>, Json(order): Json<Order>) -> StatusCode {
    let _ = (id, order);
    StatusCode::CREATED
}
