use lrt::batch::DecodeError;
use lrt::payload::Raw;
use lrt::prelude::*;

#[lambda(kinesis)]
async fn ingest(record: Result<Record<Raw>, DecodeError>) -> Result<(), DecodeError> {
    record.map(drop)
}
