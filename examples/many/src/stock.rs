//! Messages of a queue.

use crate::shop::{self, Shop};
use lrt::prelude::*;

#[derive(serde::Deserialize)]
pub(crate) struct Delivery {
    item: String,
}

/// Accepts delivered goods. Deliveries of unknown items fail, and end in the dead-letter queue.
#[handler(sqs, init = shop::open)]
pub(crate) async fn receive(delivery: Delivery, shop: &Shop) -> Result<(), Error> {
    match shop.price(&delivery.item) {
        Some(_) => Ok(()),
        None => Err(Error::named("NotSold", delivery.item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    lrt::snapshot_tests!(receive, "events/receive/*.json");
}
