use lrt::prelude::*;

#[lambda]
async fn process(id: u64) -> Result<u64, String> {
    id.checked_sub(1).ok_or_else(|| format!("no order {id}"))
}
