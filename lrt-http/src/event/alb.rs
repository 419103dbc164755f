//! Application Load Balancers.
//!
//! See [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer).

use super::Target;
use super::fields::Fields;
use super::uri::{Path, Query};

/// Path and query are as the client sent them: "If the query parameters are URL-encoded, the load balancer does not
/// decode them."
pub(super) fn target<'a>(fields: &Fields<'a>) -> Target<'a> {
    Target {
        method: fields.method,
        method_field: "httpMethod",
        path: Path::encoded("path", fields.path),
        query: Query::Encoded { multi: fields.multi_query, single: fields.query },
    }
}
