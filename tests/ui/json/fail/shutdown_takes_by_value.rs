use lrt::prelude::*;

struct Db;

#[lambda(init = connect, shutdown = close)]
async fn process(_: String, _: &Db) {}

async fn connect() -> Db {
    Db
}

async fn close(_: Db) {}
