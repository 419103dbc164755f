use lrt::prelude::*;

struct Db;

#[lambda(sqz, inti = connect(), name = orders)]
fn process<T>(_: T, _: T, _: &mut Db) {}

async fn connect() -> Db {
    Db
}
