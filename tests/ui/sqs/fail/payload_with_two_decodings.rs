use lrt::batch::DecodeError;
use lrt::payload::Decode;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order(u64);

impl Decode for Order {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Order(bytes.len() as u64))
    }
}

#[lambda(sqs)]
async fn process(message: Message<Order>) -> Result<(), Error> {
    println!("{}", message.body.0);
    Ok(())
}
