use lrt::prelude::*;

#[lambda(kinesis, window_end = publish)]
async fn sum(n: u32, total: Window<u32>) -> Result<(), Error> {
    total.update(|total| *total += n);
    Ok(())
}

async fn publish(total: u32) -> Result<(), Error> {
    println!("{total}");
    Ok(())
}
