use lrt::prelude::*;

struct Db;
struct Search;

#[lambda(init = connect)]
async fn process(_: String, _: &Db, _: &Search) {}

async fn connect() -> Db {
    Db
}
