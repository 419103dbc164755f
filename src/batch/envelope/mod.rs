//! Payloads in the envelope of the service that delivered them: [`Sns`] and [`EventBridge`].
//!
//! An envelope is a payload itself, so envelopes nest: if an EventBridge rule sends an event to a topic, and the topic to a
//! queue, the payload is an `Sns<EventBridge<T>>`.

mod eventbridge;
mod fields;
mod sns;

pub use eventbridge::{EventBridge, ViaEventBridge};
pub use sns::{Sns, SnsAttribute, ViaSns};

use super::payload::{Payload, unmarshal};
use super::s3::{S3, ViaS3};
use crate::function::payload::FromPayload;
use lrt_core::ErrorReport;
use std::marker::PhantomData;

/// Marks a parameter of a JSON function that is an envelope. The marker `M` selects the decoding of its payload.
#[derive(Debug)]
pub struct ViaEnvelope<M>(PhantomData<M>);

/// The event is the envelope, as EventBridge sends it to a function that is a rule's target.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromPayload<ViaEnvelope<M>> for EventBridge<P> {
    fn from_payload(payload: &[u8]) -> Result<Self, ErrorReport> {
        Self::decode(payload).map_err(unmarshal)
    }
}

/// The event has one record with the envelope, as SNS sends it to a function that is subscribed to a topic.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromPayload<ViaEnvelope<M>> for Sns<P> {
    fn from_payload(payload: &[u8]) -> Result<Self, ErrorReport> {
        Self::decode_event(payload).map_err(unmarshal)
    }
}

/// The event is that of an EventBridge rule for a bucket.
#[diagnostic::do_not_recommend]
impl FromPayload<ViaEnvelope<ViaS3>> for S3 {
    fn from_payload(payload: &[u8]) -> Result<Self, ErrorReport> {
        Self::decode(payload).map_err(unmarshal)
    }
}
