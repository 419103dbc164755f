use lrt::payload::EventBridge;
use lrt::prelude::*;

#[lambda(eventbridge, pattern = r#"{"source": "shop"}"#)]
async fn book(event: EventBridge<u32>) -> Result<(), Error> {
    println!("{}", event.detail);
    Ok(())
}
