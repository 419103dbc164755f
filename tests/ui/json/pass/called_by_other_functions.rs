use lrt::prelude::*;

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

#[lambda(init = connect)]
async fn process(id: u64, _: &Db) -> Result<u64, Error> {
    Ok(id)
}

/// The function can still be called, and used as a value.
#[allow(dead_code)]
async fn twice(db: &Db) -> Result<u64, Error> {
    let function: fn(u64, &'static Db) -> _ = process;
    drop(function(1, &Db));
    Ok(process(1, db).await? + process(2, &Db).await?)
}

/// Its type can be used where a type is expected.
#[allow(dead_code)]
fn handler() -> impl lrt::Handler {
    <process as lrt::Function>::handler()
}
