use lrt::batch::DecodeError;
use lrt::prelude::*;

#[lambda(sqs)]
async fn process(order: Result<u32, DecodeError>) -> Result<(), DecodeError> {
    order.map(drop)
}
