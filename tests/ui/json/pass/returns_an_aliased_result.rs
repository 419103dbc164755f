use lrt::prelude::*;

type Result<T> = std::result::Result<T, Error>;

#[lambda]
async fn process(id: String) -> Result<u64> {
    Ok(id.parse()?)
}
