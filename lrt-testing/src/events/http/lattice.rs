//! Requests through VPC Lattice.

use super::{HttpEvent, HttpOrigin, private};
use crate::frontend::Origin;
use serde_json::Value;

/// Starts a request through a VPC Lattice service
/// ([the event](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service)),
/// version 2 of the event structure.
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let event = events::lattice().get("/health?tag=a&tag=b").header("X-Tag", "c").build();
/// assert_eq!(event["queryStringParameters"]["tag"], json!(["a", "b"]));
/// assert_eq!(event["headers"]["x-tag"], json!(["c"]));
/// ```
pub fn lattice() -> HttpEvent<Lattice> {
    HttpEvent::begin(Origin::Lattice)
}

/// VPC Lattice services: see [`lattice`].
#[derive(Clone, Copy, Debug)]
pub enum Lattice {}

impl private::Sealed for Lattice {}

impl HttpOrigin for Lattice {}

impl HttpEvent<Lattice> {
    /// Sets the ARN of the IAM principal that signed the request, such as `arn:aws:iam::123456789012:role/health-checker`.
    pub fn iam(self, principal: &str) -> HttpEvent<Lattice> {
        self.identity("type", "AWS_IAM")
            .identity("principal", principal)
            .identity("principalOrgID", "o-50dc6c495c0c9188")
    }

    /// Sets a member of `requestContext.identity`.
    pub fn identity(mut self, name: &'static str, value: impl Into<Value>) -> HttpEvent<Lattice> {
        self.request_context.identity.retain(|(other, _)| *other != name);
        self.request_context.identity.push((name, value.into()));
        self
    }
}
