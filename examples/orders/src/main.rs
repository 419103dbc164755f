//! SQS messages, one at a time: `cargo run -p orders -- invoke examples/orders/events/two-orders.json`.

mod once;
mod shop;

use lrt::prelude::*;
use once::Once;
use shop::{Shop, TakeResult};

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Order {
    id: u64,
    item: String,
    quantity: u32,
}

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("order {order}: {wanted} of {item} ordered, {left} left")]
    OutOfStock { order: u64, item: String, wanted: u32, left: u32 },
    #[error("order {order}: item {item} not found")]
    NotSold { order: u64, item: String },
}

/// Takes the items of an order out of stock. After an error, the message is delivered again.
#[lambda(sqs, init = open, concurrency = 8, record_layer = |shop: &Shop| Once::of(shop))]
async fn process(order: Order, shop: &Shop) -> Result<(), Error> {
    let Order { id, item, quantity } = order;
    match shop.take(&item, quantity).await {
        TakeResult::Taken => Ok(()),
        TakeResult::TooFew { left } => Err(OrderError::OutOfStock { order: id, item, wanted: quantity, left })?,
        // It can never succeed, so it is acknowledged, with a warning in the log.
        TakeResult::NotSold => Err(Error::permanent(OrderError::NotSold { order: id, item })),
    }
}

async fn open() -> Shop {
    Shop::with([("tea", 10), ("cup", 3)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events, insta, simulate};

    lrt::snapshot_tests!(process, "events/*.json", state = Shop::with([("tea", 10), ("cup", 3)]));

    fn order(id: u64, item: &str, quantity: u32) -> Order {
        Order { id, item: item.to_owned(), quantity }
    }

    #[tokio::test]
    async fn invalid_message_fails_alone() {
        let event = events::sqs().json(&order(1, "tea", 2)).text("not json").json(&order(2, "tea", 3));
        let shop = Shop::with([("tea", 10)]);
        let outcome = Harness::<process>::with_state(shop.clone()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-2"]);
        assert_eq!(shop.left("tea"), 5);
    }

    #[tokio::test]
    async fn order_out_of_stock_is_retried_and_unknown_item_is_not() {
        let event = events::sqs().json(&order(1, "tea", 2)).json(&order(2, "tea", 2)).json(&order(3, "gold", 1));
        let outcome = Harness::<process>::with_state(Shop::with([("tea", 3)])).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-2"]);
        let logs = outcome.logs().join("\n");
        assert!(logs.contains("OrderError: order 2: 2 of tea ordered, 1 left"), "{logs}");
        assert!(logs.contains("OrderError: order 3: item gold not found"), "{logs}");
    }

    #[tokio::test]
    async fn message_delivered_twice_is_processed_once() {
        let shop = Shop::with([("tea", 10)]);
        let harness = Harness::<process>::with_state(shop.clone());
        let message = || events::message().json(&order(1, "tea", 2)).id("m-1");
        for event in [events::sqs().message(message()), events::sqs().message(message().receive_count(2))] {
            assert_eq!(harness.invoke(event).await.batch_failures(), [""; 0]);
        }
        assert_eq!(shop.left("tea"), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn failing_orders_reach_the_dead_letter_queue_and_do_not_block_others() {
        let messages = events::sqs()
            .json(&order(1, "tea", 2))
            .json(&order(2, "tea", 9))
            .json(&order(3, "gold", 1))
            .text("not json")
            .json(&order(4, "cup", 1));
        let shop = Shop::with([("tea", 10), ("cup", 3)]);
        let harness = Harness::<process>::with_state(shop.clone());
        let report = simulate::sqs(harness).messages(messages).max_receive(3).run().await;
        insta::assert_snapshot!(report, @r"
        record     deliveries  at          ended
        message-1  1           0s          done at 0s
        message-2  3           0s 30s 60s  dead-letter queue at 90s
        message-3  1           0s          done at 0s
        message-4  3           0s 30s 60s  dead-letter queue at 90s
        message-5  1           0s          done at 0s
        ");
        assert_eq!(shop.left("tea"), 8);
    }
}
