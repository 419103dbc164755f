use lrt::payload::{EventBridge, Sns, Text};
use lrt::prelude::*;

#[lambda]
async fn forward(event: Sns<EventBridge<Text>>) -> Result<String, Error> {
    Ok(event.message.detail.0)
}
