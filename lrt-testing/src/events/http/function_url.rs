//! Requests to function URLs.

use super::http_api::iam;
use super::{HttpEvent, HttpOrigin, private};
use crate::frontend::Origin;
use serde_json::json;

/// Starts a request to a function URL
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads)): payload format 2.0,
/// without the members that only HTTP APIs add.
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::function_url().put("/a%20b").body("hello").build();
/// assert_eq!(event["rawPath"], "/a%20b");
/// assert_eq!(event["requestContext"]["accountId"], "anonymous");
/// ```
pub fn function_url() -> HttpEvent<FunctionUrl> {
    HttpEvent::begin(Origin::FunctionUrl)
}

/// Function URLs: see [`function_url`].
#[derive(Clone, Copy, Debug)]
pub enum FunctionUrl {}

impl private::Sealed for FunctionUrl {}

impl HttpOrigin for FunctionUrl {}

impl HttpEvent<FunctionUrl> {
    /// Sets the ARN of the IAM caller that signed the request, such as `arn:aws:iam::123456789012:user/ada`.
    pub fn iam(mut self, user_arn: &str) -> HttpEvent<FunctionUrl> {
        self.request_context.authorizer = Some(json!({ "iam": iam(user_arn) }));
        self
    }

    /// Sets the id that the URL starts with.
    pub fn url_id(mut self, id: impl Into<String>) -> HttpEvent<FunctionUrl> {
        self.request_context.id = id.into();
        self
    }

    /// Sets the request id of Lambda.
    pub fn request_id(mut self, id: impl Into<String>) -> HttpEvent<FunctionUrl> {
        self.request_context.request_id = id.into();
        self
    }
}
