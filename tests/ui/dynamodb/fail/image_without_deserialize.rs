use lrt::prelude::*;

struct Product;

#[lambda(dynamodb)]
async fn index(change: Change<Product>) -> Result<(), Error> {
    let _ = change;
    Ok(())
}
