use lrt::prelude::*;

struct Db;

#[lambda(sqz, inti = connect(), name = orders)]
fn process<T>(order: T, again: T, db: &mut Db) {}

async fn connect() -> Db {
    Db
}
