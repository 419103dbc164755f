use lrt::prelude::*;

fn parse(id: &str) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    Ok(id.parse()?)
}

#[lambda]
async fn process(id: String) -> Result<u64, Error> {
    Ok(parse(&id)?)
}
