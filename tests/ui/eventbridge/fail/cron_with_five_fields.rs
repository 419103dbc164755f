use lrt::prelude::*;

#[lambda(schedule = "cron(0 9 * * *)")]
async fn tick() -> Result<(), Error> {
    Ok(())
}
