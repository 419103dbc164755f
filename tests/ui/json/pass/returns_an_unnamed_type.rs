use lrt::prelude::*;

#[lambda]
async fn process(id: u64) -> Result<impl serde::Serialize, Error> {
    Ok(vec![id])
}
