//! Load balancers.

use super::{HttpEvent, HttpOrigin, private};
use crate::frontend::Origin;

/// A request through an Application Load Balancer
/// ([the event](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer)).
///
/// Of several values of one name it hands on the last, unless it is set to hand on all: [`multi_value`](HttpEvent::multi_value).
/// It does not decode the query.
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

/// An Application Load Balancer: see [`alb`].
#[derive(Clone, Copy, Debug)]
pub enum Alb {}

impl private::Sealed for Alb {}

impl HttpOrigin for Alb {}

impl HttpEvent<Alb> {
    /// All values of each header and parameter, as with the target group's attribute `lambda.multi_value_headers.enabled`.
    pub fn multi_value(mut self) -> HttpEvent<Alb> {
        self.request_context.multi_value = true;
        self
    }
}
