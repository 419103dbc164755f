//! The latest readings. This is memory, so it lasts as long as one execution environment: a database belongs here.

use lrt::Error;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection to the store; its clones are connections to the same.
#[derive(Clone, Default)]
pub(crate) struct Store {
    latest: Arc<Mutex<BTreeMap<String, f64>>>,
    /// The sensor whose readings it does not take, for tests.
    refused: Option<&'static str>,
}

impl Store {
    pub(crate) async fn put(&self, sensor: &str, celsius: f64) -> Result<(), Error> {
        if self.refused == Some(sensor) {
            return Err(Error::named("Unavailable", format!("the store has no place for {sensor}")));
        }
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).insert(sensor.to_owned(), celsius);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn refusing(sensor: &'static str) -> Store {
        Store { refused: Some(sensor), ..Store::default() }
    }

    #[cfg(test)]
    pub(crate) fn latest(&self, sensor: &str) -> Option<f64> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(sensor).copied()
    }
}
