//! HTTP APIs of API Gateway, with payload format 2.0 or 1.0, and function URLs, with format 2.0.
//!
//! See [Lambda proxy integrations for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)
//! and [Invoking Lambda function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use super::Target;
use super::fields::Fields;
use super::uri::{Path, Query};
use crate::origin::Origin;
use lrt_core::__private::json::JsonValue;

/// HTTP APIs decode the path, including `rawPath`, and prefix it with the stage unless that is `$default`. Function
/// URLs send the client's path unchanged.
pub(super) fn change<'a>(target: &mut Target<'a>, origin: Origin, fields: &Fields<'a>) {
    let context = &fields.context;
    if context.has_http {
        target.method = context.method;
        target.method_field = "requestContext.http.method";
        target.path = Path::encoded("rawPath", fields.raw_path);
        target.query = match fields.raw_query {
            // Tests and emulators omit `rawQueryString`.
            JsonValue::Null => Query::Decoded { multi: JsonValue::Null, single: fields.query },
            raw => Query::Raw(raw),
        };
    }
    if origin == Origin::HttpApi {
        target.path.set_decoded();
        target.path.set_stage(context.stage);
    }
}
