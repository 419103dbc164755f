//! SQS messages, one at a time: `cargo run -p orders -- invoke examples/orders/events/two-orders.json`.

mod once;
mod shop;

use lrt::prelude::*;
use once::Once;
use shop::{Shop, Take};

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Order {
    id: u64,
    item: String,
    quantity: u32,
}

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("order {order} wants {wanted} of {item}, and {left} are left")]
    OutOfStock { order: u64, item: String, wanted: u32, left: u32 },
    #[error("order {order} is for {item}, which is not sold here")]
    NotSold { order: u64, item: String },
}

/// Takes an order's items out of the stock. Its error has the message come back, later.
#[lambda(sqs, init = open, concurrency = 8, record_layer = |shop: &Shop| Once::of(shop))]
async fn process(order: Order, shop: &Shop) -> Result<(), Error> {
    let Order { id, item, quantity } = order;
    match shop.take(&item, quantity).await {
        Take::Taken => Ok(()),
        Take::TooFew { left } => Err(OrderError::OutOfStock { order: id, item, wanted: quantity, left })?,
        // No later delivery will find it: acknowledged, with a warning in the log.
        Take::NotSold => Err(Error::permanent(OrderError::NotSold { order: id, item })),
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
    async fn a_message_that_is_no_order_fails_alone() {
        let event = events::sqs().json(&order(1, "tea", 2)).text("not json").json(&order(2, "tea", 3));
        let shop = Shop::with([("tea", 10)]);
        let outcome = Harness::<process>::with_state(shop.clone()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-2"]);
        assert_eq!(shop.left("tea"), 5);
    }

    #[tokio::test]
    async fn what_is_out_of_stock_comes_back_and_what_is_not_sold_does_not() {
        let event = events::sqs().json(&order(1, "tea", 2)).json(&order(2, "tea", 2)).json(&order(3, "gold", 1));
        let outcome = Harness::<process>::with_state(Shop::with([("tea", 3)])).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-2"]);
        let logs = outcome.logs().join("\n");
        assert!(logs.contains("OrderError: order 2 wants 2 of tea, and 1 are left"), "{logs}");
        assert!(logs.contains("OrderError: order 3 is for gold, which is not sold here"), "{logs}");
    }

    #[tokio::test]
    async fn a_message_that_is_delivered_twice_is_handled_once() {
        let shop = Shop::with([("tea", 10)]);
        let harness = Harness::<process>::with_state(shop.clone());
        let message = || events::message().json(&order(1, "tea", 2)).id("m-1");
        for event in [events::sqs().message(message()), events::sqs().message(message().receive_count(2))] {
            assert_eq!(harness.invoke(event).await.batch_failures(), [""; 0]);
        }
        assert_eq!(shop.left("tea"), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_that_is_never_in_stock_is_dead_lettered_and_holds_up_no_other() {
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
