use lrt::prelude::*;

struct Db;
struct Search;

#[lambda(init = connect)]
async fn process(order: String, db: &Db) {}

async fn connect() -> Result<Search, Error> {
    Ok(Search)
}
