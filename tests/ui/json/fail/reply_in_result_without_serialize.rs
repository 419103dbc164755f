use lrt::prelude::*;

struct Receipt {
    id: u64,
}

#[lambda]
async fn process(id: u64) -> Result<Receipt, Error> {
    Ok(Receipt { id })
}
