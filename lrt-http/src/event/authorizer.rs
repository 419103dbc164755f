//! Events of Lambda authorizers. They are those of functions with a few more members, except for `TOKEN` authorizers of REST
//! APIs, which receive only a token.
//!
//! See the events of [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html)
//! and of [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html).

use super::fields::Fields;
use super::{Event, InvalidField, Request, mismatch};
use crate::origin::Origin;
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::__private::json::{JsonValue, find_text};
use lrt_core::ErrorReport;

/// An event of an authorizer.
pub(crate) struct AuthorizerEvent {
    /// True for payload format 2.0 of HTTP APIs.
    pub(crate) is_v2: bool,
    /// The token of a `TOKEN` authorizer, whose event does not contain a request.
    pub(crate) token: Option<String>,
    /// `methodArn` or `routeArn`.
    pub(crate) arn: String,
    /// The client's request, without its body. Like any other, it has its [`Event`] as an extension.
    pub(crate) request: Request,
}

/// Reads an event of an authorizer.
///
/// # Errors
///
/// Returns an error if the event is not one of an authorizer, or contains an invalid request.
pub(crate) fn read_authorizer(payload: &Bytes) -> Result<AuthorizerEvent, ErrorReport> {
    let mut fields = Fields::new(payload);
    fields.read(payload).map_err(|error| mismatch::invalid_json(&error))?;
    let unexpected = || mismatch::no_authorizer_event(payload);
    let arn = fields.authorizer_arn.to_text().ok_or_else(unexpected)?.lossy().into_owned();
    // Samples of payload format 1.0 have the request contexts of both formats.
    fields.context.has_http &= matches!(fields.version.plain(), b"" | b"2.0");
    let is_v2 = fields.context.has_http;
    // Only the event of a `TOKEN` authorizer has no request context.
    let event = if fields.context.json.is_empty() { std::str::from_utf8(payload).unwrap_or_default() } else { "" };
    if find_text(event, "type").as_deref() == Some("TOKEN") {
        let token = find_text(event, "authorizationToken").unwrap_or_default().into_owned();
        let request = request_of_token(payload, &arn, &fields)?;
        return Ok(AuthorizerEvent { is_v2, token: Some(token), arn, request });
    }
    let origin = match fields.origin_of_request() {
        Some(origin @ (Origin::RestApi | Origin::HttpApi | Origin::WebSocket)) => origin,
        _ => return Err(unexpected()),
    };
    let request = super::request(payload, origin, &mut fields, None).map_err(invalid)?;
    Ok(AuthorizerEvent { is_v2, token: None, arn, request })
}

/// Returns a request with the method and the path of the ARN, `arn:…:api/stage/METHOD/path`.
fn request_of_token(payload: &Bytes, arn: &str, fields: &Fields<'_>) -> Result<Request, ErrorReport> {
    let mut parts = arn.splitn(4, '/').skip(2);
    let (method, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let invalid_arn = |error: &dyn std::fmt::Display| invalid(InvalidField::new("methodArn", error));
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method.parse().map_err(|error| invalid_arn(&error))?;
    *request.uri_mut() = format!("/{path}").parse().map_err(|error| invalid_arn(&error))?;
    request.extensions_mut().insert(Event::new(payload, Origin::RestApi, fields, JsonValue::Null));
    Ok(request)
}

fn invalid(InvalidField(invalid): InvalidField) -> ErrorReport {
    let (field, reason) = *invalid;
    ErrorReport::unmarshal(format!("invalid {field} in the event of an authorizer: {reason}"))
}
