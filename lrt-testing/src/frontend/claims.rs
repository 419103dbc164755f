//! Claims and authorizer contexts in the encoding of API Gateway, which sends most values as strings.

use super::Origin;
use serde_json::{Map, Value, json};

/// Returns `requestContext.authorizer` for a token with these claims, as from a JWT authorizer of an HTTP API or a
/// Cognito authorizer of a REST API. `None` for the other services, which do not check tokens.
pub fn authorizer_of_claims(origin: Origin, claims: Value) -> Option<Value> {
    match origin {
        Origin::HttpApi => Some(json!({ "jwt": { "claims": of_http_api(claims), "scopes": null } })),
        Origin::RestApi => Some(json!({ "claims": of_rest_api(claims) })),
        Origin::FunctionUrl | Origin::Alb | Origin::Lattice | Origin::WebSocket => None,
    }
}

/// Claims of an HTTP API's JWT authorizer. Lists are written as `[a b]`, and objects as `map[name:value]`.
fn of_http_api(claims: Value) -> Value {
    map_members(claims, |value| http_api_text(&value).into())
}

/// Claims of a REST API's Cognito authorizer. Lists are joined by commas.
fn of_rest_api(claims: Value) -> Value {
    map_members(claims, |value| match value {
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(",").into(),
        value => text(&value).into(),
    })
}

/// The context of a Lambda authorizer of REST and WebSocket APIs: numbers and booleans are
/// [converted to strings](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html).
pub(crate) fn scalars_to_strings(context: Value) -> Value {
    map_members(context, |value| match value {
        Value::Number(_) | Value::Bool(_) => text(&value).into(),
        value => value,
    })
}

fn map_members(object: Value, convert: impl Fn(Value) -> Value) -> Value {
    let convert = |value: Value| if value.is_null() { value } else { convert(value) };
    match object {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, convert(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn http_api_text(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(http_api_text).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}:{}", http_api_text(value)));
            format!("map[{}]", members.collect::<Vec<_>>().join(" "))
        }
        value => text(value),
    }
}

/// Returns the content of a string, or the JSON of any other value.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
