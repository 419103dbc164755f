//! JWT claims as API Gateway passes them to a function: each value is a string.

use super::Origin;
use serde_json::{Map, Value, json};

/// Returns `requestContext.authorizer` for a token with these claims: of a JWT authorizer for an HTTP API, of a Cognito
/// authorizer for a REST API. `None` for the other services, which check no tokens.
pub fn authorizer_of_claims(origin: Origin, claims: &Value) -> Option<Value> {
    let encode = match origin {
        Origin::HttpApi => text_of_http_api,
        Origin::RestApi => text_of_rest_api,
        _ => return None,
    };
    let claims: Value = match claims.as_object() {
        Some(claims) => {
            claims.iter().map(|(name, value)| (name.clone(), encode(value).into())).collect::<Map<_, _>>().into()
        }
        None => claims.clone(),
    };
    Some(match origin {
        Origin::HttpApi => json!({ "jwt": { "claims": claims, "scopes": null } }),
        _ => json!({ "claims": claims }),
    })
}

/// Lists are separated by spaces, in brackets: `[admin editor]`.
fn text_of_http_api(value: &Value) -> String {
    let join = |texts: Vec<String>| texts.join(" ");
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", join(items.iter().map(text_of_http_api).collect())),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name}:{}", text_of_http_api(value));
            format!("map[{}]", join(members.iter().map(member).collect()))
        }
        other => other.to_string(),
    }
}

/// Lists are separated by commas: `admin,editor`.
fn text_of_rest_api(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of_rest_api).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_strings_as_in_api_gateway() {
        let claims = json!({
            "sub": "ada", "exp": 1_700_000_000, "email_verified": true, "cognito:groups": ["a", "b"], "none": [],
        });
        let expected = |groups: &str, none: &str| {
            json!({
                "sub": "ada", "exp": "1700000000", "email_verified": "true", "cognito:groups": groups, "none": none,
            })
        };
        let of_http_api = json!({ "jwt": { "claims": expected("[a b]", "[]"), "scopes": null } });
        assert_eq!(authorizer_of_claims(Origin::HttpApi, &claims), Some(of_http_api));
        assert_eq!(authorizer_of_claims(Origin::RestApi, &claims), Some(json!({ "claims": expected("a,b", "") })));
        for origin in [Origin::FunctionUrl, Origin::Alb, Origin::Lattice, Origin::WebSocket] {
            assert_eq!(authorizer_of_claims(origin, &claims), None);
        }
    }
}
