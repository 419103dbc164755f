//! Forwards lrt's messages to the function's own subscriber, as events of the crate `tracing`.

use super::TARGET;
use std::fmt;
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::{FieldSet, Value};
use tracing_core::metadata::Kind;
use tracing_core::{Dispatch, Event, Level, Metadata, identify_callsite};

macro_rules! callsite {
    ($CALLSITE:ident, $METADATA:ident, $level:expr) => {
        static $CALLSITE: DefaultCallsite = DefaultCallsite::new(&$METADATA);
        static $METADATA: Metadata<'static> = Metadata::new(
            "line",
            TARGET,
            $level,
            None,
            None,
            None,
            FieldSet::new(&["message", "requestId"], identify_callsite!(&$CALLSITE)),
            Kind::EVENT,
        );
    };
}

callsite!(ERROR_CALLSITE, ERROR, Level::ERROR);
callsite!(WARN_CALLSITE, WARN, Level::WARN);

/// Returns true for the events of this module.
#[cfg(feature = "tracing-subscriber")]
pub(super) fn is_forwarded(metadata: &Metadata<'_>) -> bool {
    let callsite = metadata.callsite();
    [&ERROR, &WARN].into_iter().any(|own| own.callsite() == callsite)
}

/// Sends a message to a subscriber, if it is enabled there.
pub(super) fn forward(dispatch: &Dispatch, level: super::Level, request_id: &str, message: fmt::Arguments<'_>) {
    let (callsite, metadata) = match level {
        super::Level::Fatal | super::Level::Error => (&ERROR_CALLSITE, &ERROR),
        super::Level::Warn => (&WARN_CALLSITE, &WARN),
    };
    if callsite.interest().is_never() || !dispatch.enabled(metadata) {
        return;
    }
    // The span of the invocation already has the request id.
    let has_request_id = request_id.is_empty() || dispatch.current_span().id().is_some();
    let mut fields = metadata.fields().iter();
    let (Some(message_field), Some(id_field)) = (fields.next(), fields.next()) else { return };
    let values = [
        (&message_field, Some(&message as &dyn Value)),
        (&id_field, (!has_request_id).then_some(&request_id as &dyn Value)),
    ];
    dispatch.event(&Event::new(metadata, &metadata.fields().value_set(&values)));
}
