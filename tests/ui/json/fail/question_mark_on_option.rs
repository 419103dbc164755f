use lrt::prelude::*;

#[lambda]
async fn process(words: Vec<String>) -> Result<String, Error> {
    Ok(words.first()?.clone())
}
