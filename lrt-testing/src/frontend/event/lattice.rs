//! Events of VPC Lattice, version 2
//! ([receive events](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service)).

use super::{RequestContext, lower_case};
use crate::frontend::request::all_values;
use crate::frontend::{Object, Request};

pub(super) fn event(request: &Request, request_context: &RequestContext) -> Object {
    let (body, base64) = request.body();
    let RequestContext { id, region, account, .. } = request_context;
    let arn = |resource: &str| format!("arn:aws:vpc-lattice:{region}:{account}:{resource}");
    let vpc = format!("arn:aws:ec2:{region}:{account}:vpc/vpc-0b8276c84697e7339");
    let identity = Object::new().with("sourceVpcArn", vpc);
    let identity =
        request_context.identity.iter().fold(identity, |identity, (name, value)| identity.with(*name, value.clone()));
    let context = Object::new()
        .with("serviceNetworkArn", arn("servicenetwork/sn-0bf3f2882e9cc805a"))
        .with("serviceArn", arn(&format!("service/{id}")))
        .with("targetGroupArn", arn("targetgroup/tg-6d0ecf831eec9f09"))
        .with("identity", identity)
        .with("region", &**region)
        // A string, in microseconds.
        .with("timeEpoch", request_context.time.as_micros().to_string());
    Object::new()
        .with("version", "2.0")
        .with("path", &*request.path)
        .with("method", &*request.method)
        .with("headers", all_values(lower_case(request)))
        .with("queryStringParameters", all_values(request.decoded_pairs()))
        .with("body", body)
        .with("isBase64Encoded", base64)
        .with("requestContext", context)
}
