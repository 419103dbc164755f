use lrt::prelude::*;

struct Db;

#[lambda(init = connect)]
async fn process(order: String, db: &Db) {}

async fn connect() -> (Db, Db) {
    (Db, Db)
}
