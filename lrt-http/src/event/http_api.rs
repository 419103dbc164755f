//! HTTP APIs of API Gateway and function URLs: payload format 2.0, and of HTTP APIs format 1.0 as well.
//!
//! See [Lambda proxy integrations for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)
//! and [Invoking Lambda function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use super::Target;
use super::fields::Fields;
use super::uri::{Path, Query};
use super::value::Value;
use crate::origin::Origin;

/// An HTTP API decodes the path, in `rawPath` as well, and puts a stage other than `$default` in front of it. A function
/// URL has it as the client sent it.
pub(super) fn change<'a>(target: &mut Target<'a>, origin: Origin, fields: &Fields<'a>) {
    let context = &fields.context;
    if context.has_http {
        target.method = context.method;
        target.method_field = "requestContext.http.method";
        target.path = Path::encoded("rawPath", fields.raw_path);
        target.query = match fields.raw_query {
            // What tests and emulators leave out.
            Value::Null => Query::Decoded { multi: Value::Null, single: fields.query },
            raw => Query::Raw(raw),
        };
    }
    if origin == Origin::HttpApi {
        target.path.set_decoded();
        target.path.set_stage(context.stage);
    }
}
