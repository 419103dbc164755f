use lrt::batch::DecodeError;
use lrt::kafka::Record;
use lrt::prelude::{Error, lambda};

#[lambda(kafka)]
async fn process(record: Result<Record<u32>, DecodeError>) -> Result<(), Error> {
    record?;
    Ok(())
}
