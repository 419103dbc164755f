use lrt::prelude::*;

#[lambda]
async fn process(keys: Vec<String>) -> Result<String, Error> {
    let key = keys.into_iter().next().ok_or("no key")?;
    Ok(key)
}
