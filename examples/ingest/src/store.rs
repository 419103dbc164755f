//! The latest readings, in memory: they are lost when the execution environment ends. A real function would use a database.

use lrt::Error;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Client of the store; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Store {
    latest: Arc<Mutex<BTreeMap<String, f64>>>,
    /// Sensor whose readings are rejected, for tests.
    rejected: Option<&'static str>,
}

impl Store {
    pub(crate) async fn put(&self, sensor: &str, celsius: f64) -> Result<(), Error> {
        if self.rejected == Some(sensor) {
            return Err(Error::named("Unavailable", format!("failed to store a reading of {sensor}")));
        }
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).insert(sensor.to_owned(), celsius);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn rejecting(sensor: &'static str) -> Store {
        Store { rejected: Some(sensor), ..Store::default() }
    }

    #[cfg(test)]
    pub(crate) fn latest(&self, sensor: &str) -> Option<f64> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(sensor).copied()
    }
}
