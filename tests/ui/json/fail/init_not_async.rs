use lrt::prelude::*;

struct Db;

#[lambda(init = connect)]
async fn process(_: String, _: &Db) {}

fn connect() -> Db {
    Db
}
