use lrt::prelude::*;

#[lambda]
async fn process(id: String) -> Result<u64, Box<dyn std::error::Error>> {
    Ok(id.parse()?)
}
