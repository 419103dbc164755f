use lrt::prelude::*;

struct OrderError;

#[lambda]
async fn process(id: u64) -> Result<u64, OrderError> {
    if id == 0 { Err(OrderError) } else { Ok(id) }
}
