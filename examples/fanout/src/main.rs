//! SNS to SQS: `cargo run -p fanout -- invoke examples/fanout/events/two-orders.json`.

mod outbox;

use lrt::payload::Sns;
use lrt::prelude::*;
use outbox::{Outbox, Send};

/// What the shop publishes to its topic, for all who want to know: this function sends mail, others pack or count.
#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Placed {
    order: u64,
    customer: String,
}

#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error("order {order}: `{to}` is no address")]
    NoAddress { order: u64, to: String },
    #[error("order {order}: the mailbox of {to} is full")]
    MailboxFull { order: u64, to: String },
}

/// Tells a customer that the order has come in.
#[lambda(sqs, init = connect)]
async fn confirm(notification: Sns<Placed>, outbox: &Outbox) -> Result<(), Error> {
    let Placed { order, customer: to } = notification.message;
    let subject = notification.subject.as_deref().unwrap_or("Your order");
    // The notification's id is that of each delivery, to whatever queue, and so what was sent is known by it.
    match outbox.send(&notification.message_id, &to, subject).await {
        Send::Sent | Send::SentBefore => Ok(()),
        Send::MailboxFull => Err(MailError::MailboxFull { order, to })?,
        // No later delivery will find one: acknowledged, with a warning in the log.
        Send::NoAddress => Err(Error::permanent(MailError::NoAddress { order, to })),
    }
}

async fn connect() -> Outbox {
    Outbox::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};

    lrt::snapshot_tests!(confirm, "events/*.json", state = Outbox::new());

    fn placed(order: u64, customer: &str) -> events::SnsEvent {
        let placed = Placed { order, customer: customer.to_owned() };
        events::sns().id(format!("notification-{order}")).subject("Thank you").json(&placed)
    }

    #[tokio::test]
    async fn what_is_no_notification_fails_alone() {
        let event =
            events::sqs().json(&placed(1, "ada@example.com")).text("not json").json(&placed(2, "bob@example.com"));
        let outbox = Outbox::new();
        let outcome = Harness::<confirm>::with_state(outbox.clone()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-2"]);
        assert_eq!(outbox.sent(), ["ada@example.com: Thank you", "bob@example.com: Thank you"]);
    }

    #[tokio::test]
    async fn a_notification_that_comes_twice_is_sent_once() {
        let event = events::sqs().json(&placed(1, "ada@example.com")).json(&placed(1, "ada@example.com"));
        let outbox = Outbox::new();
        let outcome = Harness::<confirm>::with_state(outbox.clone()).invoke(event).await;
        assert!(outcome.batch_failures().is_empty());
        assert_eq!(outbox.sent().len(), 1);
    }

    #[tokio::test]
    async fn a_full_mailbox_is_tried_again_and_no_address_is_not() {
        let event = events::sqs().json(&placed(1, "full@example.com")).json(&placed(2, "nobody"));
        let outcome = Harness::<confirm>::with_state(Outbox::new()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-1"]);
    }
}
