use lrt::payload::EventBridge;
use lrt::prelude::*;

struct Paid;

#[lambda(eventbridge)]
async fn book(event: EventBridge<Paid>) -> Result<(), Error> {
    println!("{}", event.source);
    Ok(())
}
