//! SNS to SQS: `cargo run -p fanout -- invoke examples/fanout/events/two-orders.json`.

mod outbox;

use lrt::payload::Sns;
use lrt::prelude::*;
use outbox::{Outbox, Send};

/// Order that the shop publishes to its topic. This function sends emails; there may be other subscribers.
#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Placed {
    order: u64,
    customer: String,
}

#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error("order {order}: invalid address `{to}`")]
    InvalidAddress { order: u64, to: String },
    #[error("order {order}: the mailbox of {to} is full")]
    MailboxFull { order: u64, to: String },
}

/// Confirms an order by email.
#[lambda(sqs, init = connect)]
async fn confirm(notification: Sns<Placed>, outbox: &Outbox) -> Result<(), Error> {
    let Placed { order, customer: to } = notification.message;
    let subject = notification.subject.as_deref().unwrap_or("Your order");
    // The notification has the same id in each delivery and each queue, so it identifies the email.
    match outbox.send(&notification.message_id, &to, subject).await {
        Send::Sent | Send::SentBefore => Ok(()),
        Send::MailboxFull => Err(MailError::MailboxFull { order, to })?,
        // It can never succeed, so it is acknowledged, with a warning in the log.
        Send::InvalidAddress => Err(Error::permanent(MailError::InvalidAddress { order, to })),
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
    async fn message_without_a_notification_fails_alone() {
        let event =
            events::sqs().json(&placed(1, "ada@example.com")).text("not json").json(&placed(2, "bob@example.com"));
        let outbox = Outbox::new();
        let outcome = Harness::<confirm>::with_state(outbox.clone()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-2"]);
        assert_eq!(outbox.sent(), ["ada@example.com: Thank you", "bob@example.com: Thank you"]);
    }

    #[tokio::test]
    async fn duplicate_notification_is_sent_once() {
        let event = events::sqs().json(&placed(1, "ada@example.com")).json(&placed(1, "ada@example.com"));
        let outbox = Outbox::new();
        let outcome = Harness::<confirm>::with_state(outbox.clone()).invoke(event).await;
        assert!(outcome.batch_failures().is_empty());
        assert_eq!(outbox.sent().len(), 1);
    }

    #[tokio::test]
    async fn full_mailbox_is_retried_and_invalid_address_is_not() {
        let event = events::sqs().json(&placed(1, "full@example.com")).json(&placed(2, "ada"));
        let outcome = Harness::<confirm>::with_state(Outbox::new()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["message-1"]);
    }
}
