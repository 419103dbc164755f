use lrt::prelude::*;

struct Db;
struct Search;

#[lambda(init = connect)]
async fn process(order: String, db: &Db, search: &Search) {}

async fn connect() -> Db {
    Db
}
