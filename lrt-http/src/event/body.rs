//! The body of a request.

use super::Bad;
use super::scan::Value;
use axum_core::body::Body;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

/// AWS pads what it encodes; the padding tells nothing, so what lacks it is as good.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn read(payload: &Bytes, body: Value<'_>, is_base64: bool) -> Result<Body, Bad> {
    const FIELD: &str = "body";
    let text = match body {
        Value::Null => return Ok(Body::empty()),
        Value::Text(text) => text,
        _ => return Err(Bad::new(FIELD, "it is no string")),
    };
    let bytes = match text.plain() {
        Some(plain) if !is_base64 => payload.slice_ref(plain),
        _ => {
            let text = text.read().ok_or_else(|| Bad::new(FIELD, "it is no text"))?;
            match is_base64 {
                true => BASE64
                    .decode(&*text)
                    .map_err(|error| Bad::new(FIELD, format_args!("it is no base64: {error}")))?
                    .into(),
                false => Bytes::from(text.into_owned()),
            }
        }
    };
    Ok(Body::from(bytes))
}
