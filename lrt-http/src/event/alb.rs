//! Application Load Balancers.
//!
//! See [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer).

use super::Target;
use super::fields::Fields;
use super::uri::Query;

/// Path and query are unchanged: "If the query parameters are URL-encoded, the load balancer does not decode them."
pub(super) fn change<'a>(target: &mut Target<'a>, fields: &Fields<'a>) {
    target.query = Query::Encoded { multi: fields.multi_query, single: fields.query };
}
