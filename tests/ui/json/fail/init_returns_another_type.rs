use lrt::prelude::*;

struct Db;
struct Search;

#[lambda(init = connect)]
async fn process(_: String, _: &Db) {}

async fn connect() -> Result<Search, Error> {
    Ok(Search)
}
