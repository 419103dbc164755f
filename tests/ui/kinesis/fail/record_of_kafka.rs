use lrt::kafka::Record;
use lrt::prelude::{Error, lambda};

#[lambda(kinesis)]
async fn ingest(record: Record<f64>) -> Result<(), Error> {
    let _ = record;
    Ok(())
}
