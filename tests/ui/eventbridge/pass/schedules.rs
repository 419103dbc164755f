use lrt::payload::EventBridge;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Nothing {}

#[handler(eventbridge, schedule = "rate(5 minutes)")]
async fn tick(event: EventBridge<Nothing>) -> Result<(), Error> {
    println!("{}", event.time);
    Ok(())
}

#[handler(schedule = "cron(0 9 ? * MON-FRI *)")]
async fn remind(greeting: String) -> Result<(), Error> {
    println!("{greeting}");
    Ok(())
}

#[handler(schedule = "rate(1 day)")]
async fn clean_up() {}

lrt::main!(tick, remind, clean_up);
