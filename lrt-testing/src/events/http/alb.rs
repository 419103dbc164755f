//! Requests through Application Load Balancers.

use super::{HttpEvent, HttpOrigin, private};
use crate::frontend::Origin;

/// Starts a request through an Application Load Balancer
/// ([the event](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer)).
///
/// Only the last of several values of one name is forwarded, unless [`multi_value`](HttpEvent::multi_value) is set. The query is
/// not decoded.
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let event = events::alb().get("/?tag=a&tag=b%20c");
/// assert_eq!(event.clone().build()["queryStringParameters"]["tag"], "b%20c");
/// assert_eq!(event.multi_value().build()["multiValueQueryStringParameters"]["tag"], json!(["a", "b%20c"]));
/// ```
pub fn alb() -> HttpEvent<Alb> {
    HttpEvent::begin(Origin::Alb)
}

/// Application Load Balancers: see [`alb`].
#[derive(Clone, Copy, Debug)]
pub enum Alb {}

impl private::Sealed for Alb {}

impl HttpOrigin for Alb {}

impl HttpEvent<Alb> {
    /// Forwards all values of each header and query parameter, as with the target group attribute
    /// `lambda.multi_value_headers.enabled`.
    pub fn multi_value(mut self) -> HttpEvent<Alb> {
        self.request_context.multi_value = true;
        self
    }
}
