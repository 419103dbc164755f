use lrt::prelude::*;

struct Db;
struct DbError;

#[lambda(init = connect)]
async fn process(_: String, _: &Db) {}

async fn connect() -> Result<Db, DbError> {
    Err(DbError)
}
