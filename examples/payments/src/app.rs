//! The state of both functions: a store of locks and replies, and a bank.

use aws_sdk_dynamodb::Client;
use lrt::idempotency::{MemoryStore, Store};
use lrt::prelude::*;
use lrt_aws::DynamoDbStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(serde::Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    amount: u64,
}

#[derive(serde::Serialize)]
pub(crate) struct Receipt {
    number: u64,
    amount: u64,
}

pub(crate) struct App {
    pub(crate) store: Box<dyn Store>,
    pub(crate) bank: Bank,
}

/// Connects to the table that the variable `IDEMPOTENCY_TABLE` names. With `cargo run`, the variable may be missing.
pub(crate) async fn connect() -> Result<App, Error> {
    let table = std::env::var("IDEMPOTENCY_TABLE");
    if table.is_err() && cfg!(debug_assertions) {
        return Ok(App::in_memory());
    }
    let db = Client::new(&lrt_aws::config().load().await);
    // Opens the connection to DynamoDB before the first event arrives. The call itself is not sent.
    lrt_aws::warm(db.list_tables().send()).await;
    Ok(App { store: Box::new(DynamoDbStore::new(db, table?)), bank: Bank::default() })
}

impl App {
    pub(crate) fn in_memory() -> App {
        App { store: Box::new(MemoryStore::new()), bank: Bank::default() }
    }
}

/// A bank, whose charges cannot be undone.
#[derive(Clone, Default)]
pub(crate) struct Bank {
    charges: Arc<AtomicU64>,
}

impl Bank {
    pub(crate) async fn charge(&self, payment: &Payment) -> Result<Receipt, Error> {
        let Payment { id, amount } = payment;
        if *amount == 0 {
            return Err(Error::named("Declined", format!("payment {id} has no amount")));
        }
        println!("charged {amount} for payment {id}");
        let number = self.charges.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Receipt { number, amount: *amount })
    }

    #[cfg(test)]
    pub(crate) fn charges(&self) -> u64 {
        self.charges.load(Ordering::Relaxed)
    }
}
