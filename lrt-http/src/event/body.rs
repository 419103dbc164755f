//! The body of a request.

use super::Bad;
use super::value::Value;
use crate::bytes::shared;
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::base64::decode;

pub(super) fn read(payload: &Bytes, body: Value<'_>, is_base64: bool) -> Result<Body, Bad> {
    const FIELD: &str = "body";
    let text = match body {
        Value::Null => return Ok(Body::empty()),
        Value::Text(text) => text,
        _ => return Err(Bad::new(FIELD, &"it is no string")),
    };
    let bytes = match text.plain() {
        Some(plain) if !is_base64 => payload.slice_ref(plain),
        _ => {
            let text = text.read().ok_or_else(|| Bad::new(FIELD, &"it is no text"))?;
            shared(match is_base64 {
                true => decode(&text).map_err(|at| Bad::new(FIELD, &format_args!("it is no base64 at byte {at}")))?,
                false => text.into_owned(),
            })
        }
    };
    Ok(Body::from(bytes))
}
