use lrt::prelude::*;

#[lambda]
async fn process(id: String) -> Result<u64, Error> {
    let number: u64 = id.parse();
    Ok(number)
}
