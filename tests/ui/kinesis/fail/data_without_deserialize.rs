use lrt::prelude::*;

struct Reading;

#[lambda(kinesis)]
async fn ingest(record: Record<Reading>) -> Result<(), Error> {
    let _ = record;
    Ok(())
}
