//! The stock and the processed messages, in memory: they are lost when the execution environment ends. A real function would
//! use a table.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Client of the shop; clones share it.
#[derive(Clone)]
pub(crate) struct Shop(Arc<Mutex<Tables>>);

/// Result of [`Shop::take`].
pub(crate) enum TakeResult {
    Taken,
    TooFew { left: u32 },
    NotSold,
}

struct Tables {
    stock: HashMap<String, u32>,
    processed: HashSet<String>,
}

impl Shop {
    pub(crate) fn with<const N: usize>(stock: [(&str, u32); N]) -> Shop {
        let stock = stock.map(|(item, left)| (item.to_owned(), left)).into();
        Shop(Arc::new(Mutex::new(Tables { stock, processed: HashSet::new() })))
    }

    /// Takes a quantity of an item, or nothing if there are too few.
    pub(crate) async fn take(&self, item: &str, quantity: u32) -> TakeResult {
        match self.tables().stock.get_mut(item) {
            None => TakeResult::NotSold,
            Some(left) if *left < quantity => TakeResult::TooFew { left: *left },
            Some(left) => {
                *left -= quantity;
                TakeResult::Taken
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn left(&self, item: &str) -> u32 {
        self.tables().stock[item]
    }

    pub(crate) async fn is_processed(&self, message: &str) -> bool {
        self.tables().processed.contains(message)
    }

    pub(crate) async fn set_processed(&self, message: String) {
        self.tables().processed.insert(message);
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
