use lrt::prelude::*;

struct Db;

#[lambda(init = connect)]
async fn process(_: String, _: Option<&Db>) {}

async fn connect() -> Option<Db> {
    Some(Db)
}
