use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Reading;

#[lambda(kinesis)]
async fn ingest(message: Message<Reading>) -> Result<(), Error> {
    let _ = message;
    Ok(())
}
