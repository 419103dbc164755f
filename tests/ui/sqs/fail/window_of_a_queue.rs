use lrt::prelude::*;

#[lambda(sqs)]
async fn sum(n: u32, total: Window<u32>) -> Result<(), Error> {
    let _ = (n, total);
    Ok(())
}
