//! The body of a request.

use super::InvalidField;
use axum_core::body::Body;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use lrt_core::__private::json::JsonValue;

/// Standard base64. Padding is optional, since some clients and emulators omit it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn read(payload: &Bytes, body: JsonValue<'_>, is_base64: bool) -> Result<Body, InvalidField> {
    let invalid = |reason: &dyn std::fmt::Display| InvalidField::new("body", reason);
    let text = match body {
        JsonValue::Null => return Ok(Body::empty()),
        JsonValue::Text(text) => text,
        _ => return Err(invalid(&"expected a string")),
    };
    if let Some(plain) = text.plain()
        && !is_base64
    {
        return Ok(Body::from(payload.slice_ref(plain)));
    }
    let text = text.decode().ok_or_else(|| invalid(&"invalid escape sequence"))?;
    Ok(Body::from(match is_base64 {
        true => BASE64.decode(text).map_err(|error| invalid(&format_args!("invalid base64: {error}")))?,
        false => text.into_owned(),
    }))
}
