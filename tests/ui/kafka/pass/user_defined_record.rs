use lrt::prelude::{Error, lambda};

#[derive(serde::Deserialize)]
struct Record<T> {
    inner: T,
}

#[lambda(kafka)]
async fn process(record: Record<u32>) -> Result<(), Error> {
    let _ = record.inner;
    Ok(())
}
