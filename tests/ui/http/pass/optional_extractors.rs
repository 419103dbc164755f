use lrt::http::rejection::JsonRejection;
use lrt::prelude::*;

#[lambda(http)]
async fn create(id: Option<Path<u64>>, order: Result<Json<u32>, JsonRejection>) -> Result<StatusCode, JsonRejection> {
    let _ = id;
    order.map(|_| StatusCode::CREATED)
}
