use lrt::prelude::*;

struct Db;
struct Search;

async fn connect() -> (Db, Search) {
    (Db, Search)
}

async fn close(_: &Search) {}

#[lambda(init = connect, shutdown = close)]
async fn tick(_: &Db) {}
