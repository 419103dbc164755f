//! What a recorded event must not keep: fixtures are committed, and shown to others.

use serde_json::{Map, Value};

/// Headers that let somebody in, in lower case. Those of `x-amzn-oidc-…` are what a load balancer makes of a login.
const HEADERS: [&str; 12] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
    "x-amzn-oidc-accesstoken",
    "x-amzn-oidc-data",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-forwarded-access-token",
    "x-xsrf-token",
];

/// Parameters of a query that do, in lower case: those of signed addresses, and usual ones.
const PARAMETERS: [&str; 8] = [
    "access_token",
    "api_key",
    "apikey",
    "id_token",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
];

/// What an event for a Lambda authorizer has beside its headers: the token that it is asked about.
const OF_AUTHORIZERS: [&str; 2] = ["authorizationToken", "identitySource"];

/// Leaves the credentials out of an HTTP request's event, an authorizer's included, or of the answer to one; says whether
/// there were any. Of other events nothing is known.
///
/// The claims of a token stay: they let nobody in, and functions need them.
pub(super) fn leave_out(json: &mut Value) -> bool {
    let Some(members) = json.as_object_mut() else { return false };
    let is_http = ["requestContext", "httpMethod", "statusCode", "rawPath", "raw_path", "methodArn"];
    // An event of VPC Lattice has neither of the former in its first version, but a method and headers.
    if !is_http.iter().any(|name| members.contains_key(*name)) && !members.contains_key("method") {
        return false;
    }
    let mut found = members.remove("cookies").is_some_and(|cookies| cookies != Value::Array(Vec::new()));
    for name in OF_AUTHORIZERS {
        found |= members.remove(name).is_some_and(|token| !token.is_null());
    }
    for name in ["headers", "multiValueHeaders"] {
        found |= remove(members.get_mut(name), &HEADERS);
    }
    for name in ["queryStringParameters", "multiValueQueryStringParameters", "query_string_parameters"] {
        found |= remove(members.get_mut(name), &PARAMETERS);
    }
    if let Some(Value::String(query)) = members.get_mut("rawQueryString") {
        found |= remove_from_query(query);
    }
    if let Some(Value::String(path)) = members.get_mut("raw_path")
        && let Some((before, query)) = path.split_once('?')
    {
        let mut query = query.to_owned();
        if remove_from_query(&mut query) {
            *path = format!("{before}?{query}");
            found = true;
        }
    }
    if let Some(Value::Object(identity)) =
        members.get_mut("requestContext").and_then(|context| context.get_mut("identity"))
    {
        found |= remove_names(identity, &["apikey"]);
    }
    found
}

fn remove(map: Option<&mut Value>, names: &[&str]) -> bool {
    map.and_then(Value::as_object_mut).is_some_and(|map| remove_names(map, names))
}

/// A name may be there with no value, as the events of a REST API have `apiKey`.
fn remove_names(map: &mut Map<String, Value>, names: &[&str]) -> bool {
    let before = map.len();
    map.retain(|name, value| value.is_null() || !names.contains(&&*name.to_ascii_lowercase()));
    map.len() < before
}

fn remove_from_query(query: &mut String) -> bool {
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let kept: Vec<&str> = query.split('&').filter(|pair| !PARAMETERS.contains(&&*name(pair))).collect();
    let kept = kept.join("&");
    let is_less = kept.len() < query.len();
    *query = kept;
    is_less
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt_testing::__private::{Origin, Request, RequestContext};
    use serde_json::json;

    #[test]
    fn nothing_that_lets_somebody_in_is_left_of_any_origins_event() {
        let secrets = ["bearer", "session", "the-key", "sts", "signed", "oidc"];
        for origin in
            [Origin::RestApi, Origin::HttpApi, Origin::FunctionUrl, Origin::Alb, Origin::Lattice, Origin::WebSocket]
        {
            let mut request = Request::new("GET", "/a?x=1&X-Amz-Signature=signed&access_token=bearer&y=2");
            for (name, value) in [
                ("Authorization", "Bearer bearer"),
                ("Cookie", "id=session"),
                ("X-Api-Key", "the-key"),
                ("X-Amz-Security-Token", "sts"),
                ("x-amzn-oidc-data", "oidc"),
                ("Accept", "text/html"),
            ] {
                request.headers.push((name.to_owned(), value.to_owned()));
            }
            let mut event = serde_json::to_value(RequestContext::example(origin).event(request)).unwrap();
            if origin == Origin::RestApi {
                event["requestContext"]["identity"]["apiKey"] = "the-key".into();
            }
            let whole = event.to_string();
            assert!(leave_out(&mut event), "{}", origin.name());
            let text = event.to_string();
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} of {}: {text}", origin.name());
            }
            assert!(whole.contains("bearer") || origin == Origin::WebSocket, "{whole}");
            assert!(text.contains("text/html") || origin == Origin::WebSocket, "{text}");
            assert!(!leave_out(&mut event), "{text}");
        }
    }

    #[test]
    fn the_token_that_an_authorizer_is_asked_about_is_left_out() {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html and
        // …/http-api-lambda-authorizer.html: of a REST API, and of an HTTP API in both formats
        for event in [
            json!({ "type": "TOKEN", "authorizationToken": "secret", "methodArn": "arn:x" }),
            json!({ "version": "1.0", "type": "REQUEST", "methodArn": "arn:x", "identitySource": "secret,b",
                "authorizationToken": "secret,b", "headers": { "Authorization": "secret" }, "requestContext": {} }),
            json!({ "version": "2.0", "type": "REQUEST", "routeArn": "arn:x", "identitySource": ["secret"],
                "headers": { "authorization": "secret" }, "requestContext": {} }),
        ] {
            let mut kept = event.clone();
            assert!(leave_out(&mut kept), "{event}");
            assert!(!kept.to_string().contains("secret"), "{kept}");
            assert_eq!(kept["type"], event["type"]);
        }
    }

    #[test]
    fn an_answers_cookies_are_left_out_and_its_rest_stays() {
        let mut answer = json!({ "statusCode": 200, "headers": { "Set-Cookie": "a=1", "x": "y" }, "cookies": ["b=2"],
            "body": "text" });
        assert!(leave_out(&mut answer));
        assert_eq!(answer, json!({ "statusCode": 200, "headers": { "x": "y" }, "body": "text" }));
    }

    #[test]
    fn what_is_no_request_stays_as_it_is() {
        for event in [json!({ "headers": { "authorization": "a" } }), json!(["cookies"]), json!({ "Records": [] })] {
            let mut same = event.clone();
            assert!(!leave_out(&mut same));
            assert_eq!(same, event);
        }
    }
}
