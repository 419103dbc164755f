use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Reading;

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

#[lambda(kinesis, init = connect, concurrency = 4, on_failure = stop, on_all_failed = report)]
async fn ingest(record: Record<Reading>, _: &Db) -> Result<(), Error> {
    println!("{} of {} at {:?}", record.id, record.partition_key, record.arrived_at);
    drop(record.data);
    Ok(())
}
