use lrt::prelude::*;

struct Db;

async fn connect() -> String {
    String::new()
}

#[lambda(sqs, init = connect)]
async fn process(id: u64, db: &Db) {
    let _ = (id, db);
}
