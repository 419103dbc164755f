use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Product;

#[lambda(sqs)]
async fn process(change: Change<Product>) -> Result<(), Error> {
    let _ = change;
    Ok(())
}
