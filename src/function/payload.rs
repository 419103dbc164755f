//! Payloads of JSON functions.

use super::rejected::{NoImpl, Rejected};
use lrt_core::__private::json::path::with_path;
use lrt_core::__private::json::redact::redact_values;
use lrt_core::ErrorReport;
use serde::de::DeserializeOwned;

/// The payload of a JSON function. `M` is an inferred marker that selects the decoding.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded: it does not implement `serde::Deserialize`",
    label = "cannot be decoded from the event",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait FromPayload<M>: Sized {
    /// Decodes the payload.
    ///
    /// # Errors
    ///
    /// Returns a `Runtime.UnmarshalError` if the type does not accept the payload.
    fn from_payload(payload: &[u8]) -> Result<Self, ErrorReport>;
}

/// A payload that is decoded by its `Deserialize`.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> FromPayload<()> for T {
    fn from_payload(payload: &[u8]) -> Result<T, ErrorReport> {
        decode(payload)
    }
}

#[diagnostic::do_not_recommend]
impl<T: NoImpl> FromPayload<Rejected> for T {
    fn from_payload(_: &[u8]) -> Result<T, ErrorReport> {
        unreachable!("no type implements `NoImpl`")
    }
}

/// Decodes a payload. The path of an error is only determined if there is one.
fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, ErrorReport> {
    serde_json::from_slice(payload).map_err(|error| unmarshal_error(payload, &error))
}

#[cold]
fn unmarshal_error(payload: &[u8], error: &serde_json::Error) -> ErrorReport {
    if payload.trim_ascii().is_empty() {
        return ErrorReport::unmarshal("the payload is empty, but the function takes one");
    }
    ErrorReport::unmarshal(redact_values(&with_path(payload, error)))
}
