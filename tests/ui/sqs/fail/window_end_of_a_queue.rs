use lrt::prelude::*;

#[lambda(sqs, window_end = publish)]
async fn sum(n: u32) -> Result<(), Error> {
    let _ = n;
    Ok(())
}

async fn publish() {}
