use lrt::prelude::*;

struct Db;

async fn connect() -> Db {
    Db
}

#[lambda(sqs, init = connect)]
async fn process(batch: Batch<Message<u32>>, db: &Db) -> Result<BatchFailures, Error> {
    let _ = (batch, db);
    Ok(BatchFailures::all())
}
