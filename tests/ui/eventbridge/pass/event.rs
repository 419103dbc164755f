use lrt::payload::EventBridge;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Paid {
    amount: u32,
}

#[lambda(eventbridge, pattern = r#"{"source": ["shop"], "detail": {"amount": [{"numeric": [">", 0]}]}}"#)]
async fn book(event: EventBridge<Paid>) -> Result<(), Error> {
    println!("{}", event.detail.amount);
    Ok(())
}
