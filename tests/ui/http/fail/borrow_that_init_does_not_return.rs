use lrt::prelude::*;

struct Db;

async fn connect() -> u32 {
    7
}

#[lambda(http, init = connect)]
async fn read(Path(id): Path<u64>, db: &Db) -> StatusCode {
    let _ = (id, db);
    StatusCode::OK
}
