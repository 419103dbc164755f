//! Payloads in the envelope of a service that they came through: [`Sns`] and [`EventBridge`].
//!
//! An envelope is a payload like any other, so it may stand wherever one may, and hold any: a message that an
//! EventBridge rule sent to a topic, and the topic to a queue, is an `Sns<EventBridge<T>>`.

mod eventbridge;
mod fields;
mod sns;

pub use eventbridge::{EventBridge, ViaEventBridge};
pub use sns::{Sns, SnsAttribute, ViaSns};

use super::payload::{DecodeError, Payload};
use crate::function::args::FnArg;
use lrt_core::{ErrorReport, Invocation};
use std::marker::PhantomData;

/// The kind of the parameter of a JSON function that is an envelope with a payload. `M` says how that is decoded.
#[derive(Debug)]
pub struct ViaEnvelope<M>(PhantomData<M>);

/// The event is the envelope: what EventBridge hands to a function that is a rule's target.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FnArg<ViaEnvelope<M>> for EventBridge<P> {
    type Ref = ();
    const PAYLOAD: bool = true;

    fn extract(invocation: &Invocation, (): ()) -> Result<Self, ErrorReport> {
        Self::decode(invocation.payload()).map_err(unmarshal)
    }
}

/// The event has a record with the envelope: what SNS hands to a function that is subscribed to a topic.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FnArg<ViaEnvelope<M>> for Sns<P> {
    type Ref = ();
    const PAYLOAD: bool = true;

    fn extract(invocation: &Invocation, (): ()) -> Result<Self, ErrorReport> {
        sns::decode_event(invocation.payload()).map_err(unmarshal)
    }
}

fn unmarshal(error: DecodeError) -> ErrorReport {
    ErrorReport::unmarshal(error.to_string())
}

/// A payload as text: envelopes are JSON, which is UTF-8.
fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::new(format_args!("the payload is no text: {error}")))
}
