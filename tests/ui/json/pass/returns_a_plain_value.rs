use lrt::prelude::*;

#[derive(serde::Serialize)]
struct Receipt {
    id: u64,
}

#[lambda]
async fn process(id: u64) -> Receipt {
    Receipt { id }
}
