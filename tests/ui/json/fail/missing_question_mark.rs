use lrt::prelude::*;

#[lambda]
async fn process(id: String) -> Result<u64, Error> {
    Ok(id.parse())
}
