//! REST APIs of API Gateway, with payload format 1.0.
//!
//! See [Input format of a Lambda function for proxy integration](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format).

use super::Target;
use super::fields::Fields;
use super::uri::{Path, Query};

/// The path is unchanged, without the stage. Names and values of the query are decoded.
pub(super) fn target<'a>(fields: &Fields<'a>) -> Target<'a> {
    Target {
        method: fields.method,
        method_field: "httpMethod",
        path: Path::encoded("path", fields.path),
        query: Query::Decoded { multi: fields.multi_query, single: fields.query },
    }
}
