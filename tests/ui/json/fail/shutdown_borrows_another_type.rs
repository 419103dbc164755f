use lrt::prelude::*;

struct Db;
struct Search;

#[lambda(init = connect, shutdown = close)]
async fn process(order: String, db: &Db) {}

async fn connect() -> Db {
    Db
}

async fn close(_: &Search) {}
