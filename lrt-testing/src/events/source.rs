//! Region, account, ARN and time of the events.

use super::super::{EventError, IntoEvent};
use serde::Serialize;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The default time of the first record of an event.
pub(super) use crate::START;

/// The parts of the ARN of an event source.
#[derive(Clone, Debug)]
pub(super) struct Source {
    service: &'static str,
    region: String,
    account: String,
    arn: Option<String>,
}

impl Source {
    pub(super) fn of(service: &'static str) -> Source {
        Source { service, region: "us-east-1".to_owned(), account: "123456789012".to_owned(), arn: None }
    }

    pub(super) fn set_region(&mut self, region: String) {
        self.region = region;
    }

    pub(super) fn set_account(&mut self, account: String) {
        self.account = account;
    }

    /// Sets the complete ARN. Its region and account take precedence over values that are set separately.
    pub(super) fn set_arn(&mut self, arn: String) {
        self.arn = Some(arn);
    }

    pub(super) fn arn(&self, resource: &str) -> String {
        let Source { service, region, account, arn } = self;
        arn.clone().unwrap_or_else(|| format!("arn:aws:{service}:{region}:{account}:{resource}"))
    }

    pub(super) fn account(&self) -> &str {
        let of_arn = self.arn.as_deref().and_then(|arn| arn.split(':').nth(4));
        of_arn.filter(|account| !account.is_empty()).unwrap_or(&self.account)
    }

    pub(super) fn region(&self) -> &str {
        let of_arn = self.arn.as_deref().and_then(|arn| arn.split(':').nth(3));
        of_arn.filter(|region| !region.is_empty()).unwrap_or(&self.region)
    }
}

/// Returns the time since 1970, or zero for an earlier time.
pub(super) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Serializes an event.
pub(super) fn write(event: &impl Serialize) -> Result<Vec<u8>, EventError> {
    serde_json::to_vec(event).map_err(|error| EventError::new(format!("cannot serialize the event as JSON: {error}")))
}

/// Returns the event as a JSON value.
///
/// # Panics
///
/// Panics if the event cannot be serialized.
#[track_caller]
pub(super) fn value(event: impl IntoEvent) -> Value {
    match event.into_event() {
        Ok(bytes) => serde_json::from_slice(&bytes).expect("an event that was written can be read"),
        Err(error) => panic!("{error}"),
    }
}
