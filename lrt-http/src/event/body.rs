//! The body of a request.

use super::InvalidField;
use super::value::Value;
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::base64::decode;

pub(super) fn read(payload: &Bytes, body: Value<'_>, is_base64: bool) -> Result<Body, InvalidField> {
    let invalid = |reason: &dyn std::fmt::Display| InvalidField::new("body", reason);
    let text = match body {
        Value::Null => return Ok(Body::empty()),
        Value::Text(text) => text,
        _ => return Err(invalid(&"expected a string")),
    };
    if let Some(plain) = text.plain()
        && !is_base64
    {
        return Ok(Body::from(payload.slice_ref(plain)));
    }
    let text = text.read().ok_or_else(|| invalid(&"invalid escape sequence"))?;
    Ok(Body::from(match is_base64 {
        true => decode(&text).map_err(|at| invalid(&format_args!("invalid base64 at byte {at}")))?,
        false => text.into_owned(),
    }))
}
