//! HTTP APIs of API Gateway and function URLs: payload format 2.0, and of HTTP APIs format 1.0 as well.
//!
//! See [Lambda proxy integrations for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)
//! and [Invoking Lambda function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use super::fields::{Context, Fields};
use super::scan::{Members, Value};
use super::uri::{Path, Query};
use super::{Bad, Target};
use crate::origin::Origin;

/// An HTTP API decodes the path, in `rawPath` as well, and puts a stage other than `$default` in front of it. A function
/// URL has it as the client sent it.
pub(super) fn target<'a>(origin: Origin, fields: &Fields<'a>, context: &Context<'a>) -> Result<Target<'a>, Bad> {
    let (field, path) = match context.http.is_null() {
        true => ("path", fields.path),
        false => ("rawPath", fields.raw_path),
    };
    let path = match origin {
        Origin::FunctionUrl => Path::encoded(field, path),
        _ => Path::decoded(field, path).without_stage(context.stage),
    };
    if context.http.is_null() {
        let query = Query::Decoded { multi: fields.multi_query, single: fields.query };
        return Ok(Target { method: fields.method, method_field: "httpMethod", path, query });
    }
    let query = match fields.raw_query {
        // What tests and emulators leave out.
        Value::Null => Query::Decoded { multi: Value::Null, single: fields.query },
        raw => Query::Raw(raw),
    };
    let mut method = Value::Null;
    let mut http = Members::of(context.http);
    let field = "requestContext.http.method";
    while let Some((name, value)) = http.member().map_err(Bad::broken(field))? {
        if name.plain() == Some("method") {
            method = value;
            break;
        }
    }
    Ok(Target { method, method_field: field, path, query })
}
