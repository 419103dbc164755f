use lrt::idempotency::Idempotency;
use lrt::prelude::*;

#[lambda(layer = Idempotency::by(|order: &u64| *order))]
async fn charge(order: u64) -> u64 {
    order
}
