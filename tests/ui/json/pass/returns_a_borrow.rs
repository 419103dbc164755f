use lrt::prelude::*;

struct Db(String);

#[lambda(init = connect)]
async fn process(_: u64, db: &Db) -> &str {
    &db.0
}

async fn connect() -> Db {
    Db(String::new())
}
