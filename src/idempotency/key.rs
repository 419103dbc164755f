//! Keys of executions, and the payload types that they are computed from.

use super::error::{IdempotencyError, InvalidKey};
use super::fingerprint::fingerprint;
#[cfg(feature = "batch")]
use crate::batch::payload::unmarshal;
#[cfg(feature = "batch")]
use crate::batch::{DecodeError, Payload, RawRecord};
use lrt_core::idempotency::MAX_KEY_BYTES;
use lrt_core::{Context, ErrorReport};
use std::fmt;
use std::sync::Arc;

/// A key, and the fingerprint of the payload if payloads are compared.
pub(super) type KeyAndFingerprint = (String, Option<String>);

/// Context of the error of a payload that does not decode into the type of the key.
pub(super) const NO_KEY: &str = "cannot compute the idempotency key: ";

/// Computes the key from the payload. See [`Idempotency::by`](super::Idempotency::by).
///
/// The type of the payload is not a parameter, so that a payload that cannot be decoded is one compile error.
#[derive(Clone)]
pub struct By {
    pub(super) of_event: Arc<dyn Fn(&[u8], bool) -> Result<KeyAndFingerprint, ErrorReport> + Send + Sync>,
    #[cfg(feature = "batch")]
    pub(super) of_record: Arc<dyn Fn(&RawRecord, bool) -> Result<KeyAndFingerprint, DecodeError> + Send + Sync>,
}

impl By {
    pub(super) fn new<T: KeyPayload<M>, M, K: ToString>(key: impl Fn(&T) -> K + Send + Sync + 'static) -> By {
        let key = Arc::new(key);
        By {
            #[cfg(feature = "batch")]
            of_record: {
                let key = Arc::clone(&key);
                Arc::new(move |record, compares_payloads| {
                    let (payload, fingerprint) = T::from_record(record, compares_payloads)?;
                    Ok((key(&payload).to_string(), fingerprint))
                })
            },
            of_event: Arc::new(move |event, compares_payloads| {
                let (payload, fingerprint) = T::from_event(event, compares_payloads)?;
                Ok((key(&payload).to_string(), fingerprint))
            }),
        }
    }
}

impl fmt::Debug for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("By")
    }
}

/// Uses the identifier of the record as the key. See [`Idempotency::by_record_id`](super::Idempotency::by_record_id).
#[cfg(feature = "batch")]
#[derive(Clone, Copy, Debug)]
pub struct ByRecordId(pub(super) ());

/// Uses a header of the request as the key. See [`Idempotency::by_header`](super::Idempotency::by_header).
#[cfg(feature = "http")]
#[derive(Clone, Debug)]
pub struct ByHeader {
    pub(super) name: http::HeaderName,
    pub(super) is_optional: bool,
}

/// A payload type that [`Idempotency::by`](super::Idempotency::by) can decode. `M` is an inferred marker.
///
/// Implemented for every type that a function can take as the payload of a record or an event: any `Deserialize`,
/// `Text`, `Raw`, `Sns<T>`, `EventBridge<T>`.
#[diagnostic::on_unimplemented(
    message = "the idempotency key cannot be computed from `{Self}`: it does not implement `serde::Deserialize`",
    label = "not a payload type",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields",
    note = "the closure takes the payload, not the record: `|order: &Order|`, not `|message: &Message<Order>|`"
)]
pub trait KeyPayload<M>: Sized + 'static {
    /// Decodes the event of a JSON function. Also returns the fingerprint of its content if payloads are compared.
    #[doc(hidden)]
    fn from_event(event: &[u8], compares_payloads: bool) -> Result<(Self, Option<String>), ErrorReport>;

    /// Decodes the payload of a record. Also returns the fingerprint of its content if payloads are compared.
    #[cfg(feature = "batch")]
    #[doc(hidden)]
    fn from_record(record: &RawRecord, compares_payloads: bool) -> Result<(Self, Option<String>), DecodeError>;
}

#[cfg(feature = "batch")]
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> KeyPayload<M> for P {
    fn from_event(event: &[u8], compares_payloads: bool) -> Result<(P, Option<String>), ErrorReport> {
        let payload = P::decode_event(event).map_err(|error| unmarshal(error.with_context(NO_KEY)))?;
        Ok((payload, compares_payloads.then(|| fingerprint(&[], &P::content_of_event(event)))))
    }

    fn from_record(record: &RawRecord, compares_payloads: bool) -> Result<(P, Option<String>), DecodeError> {
        super::record::decode(record, compares_payloads)
    }
}

#[cfg(not(feature = "batch"))]
#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned + 'static> KeyPayload<()> for T {
    fn from_event(event: &[u8], compares_payloads: bool) -> Result<(T, Option<String>), ErrorReport> {
        let payload = crate::function::payload::FromPayload::from_payload(event)
            .map_err(|report| ErrorReport::unmarshal(format!("{NO_KEY}{report}")))?;
        Ok((payload, compares_payloads.then(|| fingerprint(&[], event))))
    }
}

#[cfg(not(feature = "batch"))]
#[diagnostic::do_not_recommend]
impl<T: crate::function::rejected::NoImpl + 'static> KeyPayload<crate::function::rejected::Rejected> for T {
    fn from_event(_: &[u8], _: bool) -> Result<(T, Option<String>), ErrorReport> {
        unreachable!("no type implements `NoImpl`")
    }
}

/// Returns the key in the store: the key of an execution, with the name of the function in front of it.
pub(super) fn store_key(context: &Context, key: &str) -> Result<String, IdempotencyError> {
    if key.is_empty() {
        return Err(IdempotencyError::InvalidKey(InvalidKey::Empty));
    }
    let key = format!("{}#{key}", context.function_name());
    match key.len() {
        ..=MAX_KEY_BYTES => Ok(key),
        length => Err(IdempotencyError::InvalidKey(InvalidKey::TooLong(length))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt_core::{EventHeaders, FunctionInfo, FunctionInstance};

    #[test]
    fn key_has_the_name_of_the_function_and_at_most_2048_bytes() {
        let mut info = FunctionInfo::default();
        info.name = "pay".to_owned();
        let context = Context::new(&EventHeaders::default(), Arc::new(FunctionInstance::new(info)), false);
        assert_eq!(store_key(&context, "7").unwrap(), "pay#7");
        assert!(store_key(&context, &"é".repeat(1022)).is_ok());
        let too_long = store_key(&context, &"é".repeat(1023)).unwrap_err().to_string();
        assert_eq!(too_long, "invalid idempotency key: 2050 bytes with the name of the function (limit: 2048)");
        assert_eq!(store_key(&context, "").unwrap_err().to_string(), "invalid idempotency key: it is empty");
    }
}
