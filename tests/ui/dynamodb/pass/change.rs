use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Product;

struct Search;

async fn connect() -> Result<Search, Error> {
    Ok(Search)
}

#[lambda(dynamodb, init = connect, concurrency = 4)]
async fn index(change: Change<Product>, _: &Search) -> Result<(), Error> {
    match change {
        Change::Insert { new, .. } | Change::Modify { new, .. } => drop(new),
        Change::Remove { old, .. } => drop(old),
    }
    Ok(())
}
