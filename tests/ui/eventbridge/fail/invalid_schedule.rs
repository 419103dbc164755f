use lrt::prelude::*;

#[lambda(schedule = "rate(5 minute)")]
async fn tick() -> Result<(), Error> {
    Ok(())
}
