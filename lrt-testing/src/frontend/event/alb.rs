//! Events of load balancers. The query is not decoded
//! ([receive events](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer)).

use super::{RequestContext, lower_case, owned};
use crate::frontend::request::{all_values, last_values};
use crate::frontend::{Object, Request};

pub(super) fn event(request: &Request, request_context: &RequestContext) -> Object {
    let (body, base64) = request.body();
    let (region, account) = (&request_context.region, &request_context.account);
    let group = format!(
        "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/lambda-279XGJDqGZ5rsrHC2Fjr/49e9d65c45c6791a"
    );
    let query = request.pairs().map(owned);
    let event = Object::new()
        .with("requestContext", Object::new().with("elb", Object::new().with("targetGroupArn", group)))
        .with("httpMethod", &*request.method)
        .with("path", &*request.path);
    let event = if request_context.multi_value {
        event
            .with("multiValueQueryStringParameters", all_values(query))
            .with("multiValueHeaders", all_values(lower_case(request)))
    } else {
        event.with("queryStringParameters", last_values(query)).with("headers", last_values(lower_case(request)))
    };
    event.with("body", body.unwrap_or_default()).with("isBase64Encoded", base64)
}
