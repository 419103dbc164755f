use lrt::prelude::*;

struct Order;

#[lambda(http)]
async fn read() -> Result<Json<Order>, Error> {
    Ok(Json(Order))
}
