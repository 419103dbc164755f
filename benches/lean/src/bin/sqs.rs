//! Ten messages. Two fail: one does not decode, one has a negative amount.
//!
//! With the feature `idempotency`, each record has a new key, so that it is handled and its result is stored.

use lrt::Error;

#[derive(serde::Deserialize)]
struct Order {
    id: String,
    amount: i64,
}

async fn process(order: Order) -> Result<(), Error> {
    if order.amount < 0 || order.id.is_empty() {
        return Err(Error::msg(format!("order {} has a negative amount", order.id)));
    }
    Ok(())
}

#[cfg(not(feature = "idempotency"))]
fn main() -> std::process::ExitCode {
    lrt::sqs(process).run()
}

#[cfg(feature = "idempotency")]
fn main() -> std::process::ExitCode {
    use lrt::idempotency::{Idempotency, MemoryStore};
    use std::sync::atomic::{AtomicU64, Ordering};

    let deliveries = AtomicU64::new(0);
    let key = move |order: &Order| format!("{}-{}", order.id, deliveries.fetch_add(1, Ordering::Relaxed));
    lrt::sqs(process).record_layer(Idempotency::by(key).store(MemoryStore::new())).run()
}
