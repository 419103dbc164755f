use lrt::prelude::*;

type BoxError = Box<dyn std::error::Error>;

#[lambda]
async fn process(id: String) -> Result<u64, BoxError> {
    Ok(id.parse()?)
}
