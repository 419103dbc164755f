use lrt::prelude::*;

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

#[lambda(init = connect)]
async fn tick(_: &Db) {}
