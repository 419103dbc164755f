//! The shop's stock, and the messages that are done. This is memory, so it lasts as long as one execution environment:
//! a table belongs here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection to the shop; its clones are connections to the same.
#[derive(Clone)]
pub(crate) struct Shop(Arc<Mutex<Tables>>);

/// What came of [`Shop::take`].
pub(crate) enum Take {
    Taken,
    TooFew { left: u32 },
    NotSold,
}

struct Tables {
    stock: HashMap<String, u32>,
    done: HashSet<String>,
}

impl Shop {
    pub(crate) fn with<const N: usize>(stock: [(&str, u32); N]) -> Shop {
        let stock = stock.map(|(item, left)| (item.to_owned(), left)).into();
        Shop(Arc::new(Mutex::new(Tables { stock, done: HashSet::new() })))
    }

    /// Takes so many of an item, or none.
    pub(crate) async fn take(&self, item: &str, quantity: u32) -> Take {
        match self.tables().stock.get_mut(item) {
            None => Take::NotSold,
            Some(left) if *left < quantity => Take::TooFew { left: *left },
            Some(left) => {
                *left -= quantity;
                Take::Taken
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn left(&self, item: &str) -> u32 {
        self.tables().stock[item]
    }

    pub(crate) async fn is_done(&self, message: &str) -> bool {
        self.tables().done.contains(message)
    }

    pub(crate) async fn done(&self, message: String) {
        self.tables().done.insert(message);
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
