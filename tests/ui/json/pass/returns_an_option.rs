use lrt::prelude::*;

#[lambda]
async fn process(id: u64) -> Option<u64> {
    Some(id)
}
