use lrt::prelude::*;

struct NoOrder;

#[lambda(http)]
async fn read() -> Result<Json<u32>, NoOrder> {
    Err(NoOrder)
}
