use lrt::prelude::*;

struct Db;

#[lambda(init = connect)]
async fn process(_: String, _: &Db) {}

async fn connect(url: String) -> Db {
    drop(url);
    Db
}
