use lrt::prelude::*;

#[lambda(kinesis, concurrency = 4, on_failure = continue)]
async fn sum(n: u32, total: Window<u32>) -> Result<(), Error> {
    total.update(|total| *total += n);
    Ok(())
}
