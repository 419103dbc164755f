use lrt::prelude::*;

struct Db;

#[lambda(init = connect)]
async fn process(order: String, db: &Db) {}

fn connect() -> Db {
    Db
}
