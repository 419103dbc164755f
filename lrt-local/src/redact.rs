//! Removes credentials from recorded events and replies, which are committed as test fixtures.
//!
//! Secrets are recognized by parts of their names, since a list of entire names would never be complete.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lrt_testing::__private::{percent_decode, query_decode};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Parts of names whose values are secrets at any position. Separators and case are ignored: `passw` is in `Password`,
/// and `apikey` in `x-api-key`.
const SECRET: [&str; 11] = [
    "apikey",
    "assertion",
    "authorization",
    "cookie",
    "credential",
    "jwt",
    "passw",
    "secret",
    "session",
    "signature",
    "token",
];

/// Additional parts for headers, queries, fragments and forms. In JSON documents and paths, they are common in other
/// names (`keyboard`, `postcode`, `author`, `design`).
const SECRET_PARAMETER: [&str; 10] = ["auth", "bearer", "code", "csrf", "key", "oidc", "pass", "sess", "sig", "xsrf"];

/// Replaces a value that cannot be removed without changing its structure.
const REDACTED: &str = "REDACTED";

/// Removes the credentials, including those for authorizers, from the event or the reply of an HTTP request, and
/// returns their names. Other JSON is not changed, since its structure is specific to the function.
///
/// The claims of a token are kept: they grant no access, and functions depend on them.
pub(super) fn remove_credentials(json: &mut Value) -> BTreeSet<String> {
    let mut removed = BTreeSet::new();
    let Some(event) = json.as_object_mut() else { return removed };
    let is_http = ["requestContext", "httpMethod", "statusCode", "rawPath", "raw_path", "methodArn", "method"];
    if !is_http.iter().any(|name| event.contains_key(*name)) {
        return removed;
    }
    if event.remove("cookies").is_some_and(|cookies| cookies != Value::Array(Vec::new())) {
        removed.insert("cookies".to_owned());
    }
    // The token that an authorizer has to check.
    for name in ["authorizationToken", "identitySource"] {
        if event.remove(name).is_some_and(|token| !token.is_null()) {
            removed.insert(name.to_owned());
        }
    }
    remove_from_body(event, &mut removed);
    for name in ["headers", "multiValueHeaders"] {
        if let Some(Value::Object(headers)) = event.get_mut(name) {
            remove_members(headers, &mut removed);
            headers
                .values_mut()
                .for_each(|value| edit_strings(value, &mut |text| remove_from_urls(text, &mut removed)));
        }
    }
    let maps =
        ["queryStringParameters", "multiValueQueryStringParameters", "query_string_parameters", "stageVariables"];
    for name in maps {
        if let Some(Value::Object(parameters)) = event.get_mut(name) {
            remove_members(parameters, &mut removed);
        }
    }
    if let Some(Value::String(query)) = event.get_mut("rawQueryString") {
        remove_pairs(query, &mut removed);
    }
    if let Some(Value::String(path)) = event.get_mut("raw_path") {
        remove_from_urls(path, &mut removed);
    }
    redact_path_parameters(event, &mut removed);
    if let Some(Value::Object(context)) = event.get_mut("requestContext") {
        if let Some(Value::Object(identity)) = context.get_mut("identity") {
            remove_members(identity, &mut removed);
        }
        if let Some(Value::Object(authorizer)) = context.get_mut("authorizer") {
            // The values of an authorizer function: of REST APIs directly, of HTTP APIs in `lambda`.
            for (name, value) in authorizer.iter_mut().filter(|(name, _)| !matches!(&***name, "claims" | "jwt")) {
                redact_member(name, value, &mut removed);
            }
        }
    }
    removed
}

fn contains_part(name: &str, parts: &[&str]) -> bool {
    let name: String = name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_ascii_lowercase();
    parts.iter().any(|part| name.contains(part))
}

/// Returns true for the name of a secret in a JSON document, a path or the environment.
pub(crate) fn is_secret_name(name: &str) -> bool {
    contains_part(name, &SECRET)
}

/// Returns true for the name of a secret in headers, queries, fragments and forms.
fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || contains_part(name, &SECRET_PARAMETER)
}

/// Removes the members that have a secret's name. Members without a value are kept, since events of REST APIs contain
/// them.
fn remove_members(map: &mut Map<String, Value>, removed: &mut BTreeSet<String>) {
    map.retain(|name, value| {
        let is_removed = !value.is_null() && is_secret_parameter(name);
        if is_removed {
            removed.insert(name.to_ascii_lowercase());
        }
        !is_removed
    });
}

/// Removes the pairs that have a secret's name from a query or a form.
fn remove_pairs(query: &mut String, removed: &mut BTreeSet<String>) {
    let is_kept = |pair: &&str| {
        let name = query_decode(pair.split('=').next().unwrap_or_default());
        let is_kept = !is_secret_parameter(&name);
        if !is_kept {
            removed.insert(name);
        }
        is_kept
    };
    *query = query.split('&').filter(is_kept).collect::<Vec<_>>().join("&");
}

/// Removes secrets from the query and the fragment of each URL in a string, such as a `Referer`, a `Location` or a
/// `Link`.
fn remove_from_urls(text: &mut String, removed: &mut BTreeSet<String>) {
    let mut kept = String::with_capacity(text.len());
    let mut rest = &**text;
    // The delimiter of a removed first pair belongs to the next pair.
    let mut pending = None;
    while let Some(start) = rest.find(['?', '#', '&']) {
        kept.push_str(&rest[..start]);
        let delimiter = pending.take().filter(|_| rest[start..].starts_with('&')).unwrap_or(&rest[start..=start]);
        let pair = &rest[start + 1..];
        let pair = &pair[..pair.find(['?', '#', '&', ' ', '>', '"']).unwrap_or(pair.len())];
        rest = &rest[start + 1 + pair.len()..];
        match pair.split_once('=').map(|(name, _)| query_decode(name)).filter(|name| is_secret_parameter(name)) {
            Some(name) => {
                removed.insert(name);
                pending = Some(delimiter).filter(|delimiter| *delimiter != "&");
            }
            None => kept.extend([delimiter, pair]),
        }
    }
    kept.push_str(rest);
    *text = kept;
}

/// Removes secrets from a form or a JSON document in the body.
fn remove_from_body(event: &mut Map<String, Value>, removed: &mut BTreeSet<String>) {
    let is_base64 = event.get("isBase64Encoded").or(event.get("is_base64_encoded")) == Some(&Value::Bool(true));
    let is_form = is_form(event);
    let Some(Value::String(body)) = event.get_mut("body") else { return };
    let decoded = if is_base64 { STANDARD.decode(&*body).ok() } else { Some(body.clone().into_bytes()) };
    let Some(mut text) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let mut found = BTreeSet::new();
    if is_form {
        remove_pairs(&mut text, &mut found);
    } else if let Ok(mut json) = serde_json::from_str::<Value>(&text) {
        redact_members(&mut json, &mut found);
        text = json.to_string();
    }
    if !found.is_empty() {
        *body = if is_base64 { STANDARD.encode(&text) } else { text };
        removed.append(&mut found);
    }
}

fn is_form(event: &Map<String, Value>) -> bool {
    let headers = ["headers", "multiValueHeaders"].into_iter().filter_map(|name| event.get(name)?.as_object());
    let mut types = headers.flatten().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    types.any(|(_, value)| value.to_string().contains("x-www-form-urlencoded"))
}

/// Replaces the values of members with a secret's name. Their types do not change, so that the function can still
/// decode them.
fn redact_members(json: &mut Value, removed: &mut BTreeSet<String>) {
    match json {
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| redact_member(name, value, removed)),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_members(item, removed)),
        _ => {}
    }
}

fn redact_member(name: &str, value: &mut Value, removed: &mut BTreeSet<String>) {
    if is_secret_name(name) && redact_scalars(value) {
        removed.insert(name.to_owned());
    } else {
        redact_members(value, removed);
    }
}

/// Replaces all strings and numbers and returns true if there are any.
fn redact_scalars(json: &mut Value) -> bool {
    match json {
        Value::String(text) => *text = REDACTED.to_owned(),
        Value::Number(number) => *number = 0.into(),
        Value::Array(items) => return items.iter_mut().fold(false, |any, item| redact_scalars(item) | any),
        Value::Object(members) => return members.values_mut().fold(false, |any, value| redact_scalars(value) | any),
        Value::Null | Value::Bool(_) => return false,
    }
    true
}

/// Replaces path parameters with a secret's name, and their values in the path.
fn redact_path_parameters(event: &mut Map<String, Value>, removed: &mut BTreeSet<String>) {
    let mut values = Vec::new();
    for name in ["pathParameters", "path_parameters"] {
        for (name, value) in event.get_mut(name).and_then(Value::as_object_mut).into_iter().flatten() {
            if let (true, Value::String(value)) = (is_secret_name(name), value) {
                removed.insert(name.clone());
                values.push(std::mem::replace(value, REDACTED.to_owned()));
            }
        }
    }
    let redact = |path: Option<&mut Value>| {
        if let Some(Value::String(path)) = path {
            let is_value =
                |segment: &str| values.iter().any(|value| *value == segment || *value == percent_decode(segment));
            let segments = path.split('/').map(|segment| if is_value(segment) { REDACTED } else { segment });
            *path = segments.collect::<Vec<_>>().join("/");
        }
    };
    if values.is_empty() {
        return;
    }
    ["path", "rawPath", "raw_path"].into_iter().for_each(|name| redact(event.get_mut(name)));
    if let Some(context) = event.get_mut("requestContext") {
        redact(context.get_mut("path"));
        redact(context.get_mut("http").and_then(|http| http.get_mut("path")));
    }
}

fn edit_strings(json: &mut Value, edit: &mut impl FnMut(&mut String)) {
    match json {
        Value::String(text) => edit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| edit_strings(item, edit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt_testing::__private::{Origin, Request, RequestContext};
    use serde_json::json;

    const ORIGINS: [Origin; 6] =
        [Origin::RestApi, Origin::HttpApi, Origin::FunctionUrl, Origin::Alb, Origin::Lattice, Origin::WebSocket];

    /// Names of secrets, used as headers and parameters. Each has a different value.
    const NAMES: [&str; 30] = [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Api-Key",
        "apikey",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "x-amzn-oidc-data",
        "X-Auth-Token",
        "X-Forwarded-Access-Token",
        "x-vault-token",
        "x-goog-iap-jwt-assertion",
        "X-CSRF-Token",
        "X-Hub-Signature-256",
        "Stripe-Signature",
        "X-Twilio-Signature",
        "X-Session-Id",
        "client_secret",
        "password",
        "passwd",
        "pass",
        "access_token",
        "refresh_token",
        "id_token",
        "code",
        "sig",
        "credentials",
        "private_key",
        "JSESSIONID",
    ];

    fn secret(index: usize) -> String {
        format!("value{index}of{}", NAMES[index].len())
    }

    fn find_secrets(text: &str) -> Vec<&'static str> {
        (0..NAMES.len()).filter(|index| text.contains(&secret(*index))).map(|index| NAMES[index]).collect()
    }

    fn pairs() -> String {
        let pairs = NAMES.iter().enumerate().map(|(index, name)| format!("{name}={}", secret(index)));
        pairs.collect::<Vec<_>>().join("&")
    }

    #[test]
    fn secrets_are_removed_from_headers_queries_and_urls_of_each_origin() {
        for origin in ORIGINS {
            let mut request = Request::new("GET", &format!("/a?x=1&{}&y=2", pairs()));
            for (index, name) in NAMES.iter().enumerate() {
                request.headers.push(((*name).to_owned(), secret(index)));
            }
            for (name, value) in [
                ("Accept", "text/html".to_owned()),
                ("Accept-Encoding", "gzip".to_owned()),
                ("Referer", format!("https://a.example/b?page=7&{}#{}", pairs(), pairs())),
            ] {
                request.headers.push((name.to_owned(), value));
            }
            let mut event = serde_json::to_value(RequestContext::example(origin).event(request)).unwrap();
            if origin == Origin::RestApi {
                event["requestContext"]["identity"]["apiKey"] = secret(3).into();
            }
            let before = event.to_string();
            let removed = remove_credentials(&mut event);
            let after = event.to_string();
            assert_eq!(find_secrets(&after), [""; 0], "{}: {after}", origin.name());
            if origin != Origin::WebSocket {
                assert_eq!(find_secrets(&before), NAMES, "{}", origin.name());
                for name in NAMES.iter().filter(|name| **name != "Cookie") {
                    assert!(removed.iter().any(|other| other.eq_ignore_ascii_case(name)), "{name}: {removed:?}");
                }
                for kept in ["text/html", "gzip", "https://a.example/b?page=7"] {
                    assert!(after.contains(kept), "{kept} of {}: {after}", origin.name());
                }
            }
            assert_eq!(remove_credentials(&mut event), BTreeSet::new(), "{}", origin.name());
            assert_eq!(event.to_string(), after);
        }
    }

    #[test]
    fn secrets_are_removed_from_forms_and_replaced_in_json_bodies() {
        let event = |content_type: &str, body: String, is_base64: bool| {
            json!({ "httpMethod": "POST", "headers": { "Content-Type": content_type }, "body": body,
                "isBase64Encoded": is_base64 })
        };
        let form = "application/x-www-form-urlencoded";
        let body = format!("user=ada&{}", pairs());
        for (is_base64, body) in [(false, body.clone()), (true, STANDARD.encode(body))] {
            let mut event = event(form, body, is_base64);
            remove_credentials(&mut event);
            let body = event["body"].as_str().unwrap();
            assert_eq!(if is_base64 { STANDARD.decode(body).unwrap() } else { body.into() }, b"user=ada");
        }
        let body = json!({ "user": "ada", "author": "eve", "postcode": 7, "password": "p", "pinToken": 1234,
            "nested": [{ "client_secret": ["a", null], "key": "k" }] });
        let mut event = event("application/json", body.to_string(), false);
        let removed = remove_credentials(&mut event);
        let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        let expected = json!({ "user": "ada", "author": "eve", "postcode": 7, "password": "REDACTED", "pinToken": 0,
            "nested": [{ "client_secret": ["REDACTED", null], "key": "k" }] });
        assert_eq!(body, expected);
        assert_eq!(removed.into_iter().collect::<Vec<_>>(), ["client_secret", "password", "pinToken"]);
    }

    #[test]
    fn bodies_without_secrets_are_not_rewritten() {
        for body in ["{ \"b\": 1.50, \"a\": 1 }", "text", "a=b", "eyJhIjoxfQ==", ""] {
            for is_base64 in [false, true] {
                let event = json!({ "httpMethod": "POST", "headers": {}, "body": body, "isBase64Encoded": is_base64 });
                let mut redacted = event.clone();
                assert_eq!(remove_credentials(&mut redacted), BTreeSet::new());
                assert_eq!(redacted, event);
            }
        }
    }

    #[test]
    fn secrets_in_path_parameters_are_replaced_in_the_path() {
        let mut event = json!({ "rawPath": "/reset/a b", "pathParameters": { "token": "a b" },
            "requestContext": { "http": { "path": "/reset/a%20b" } } });
        assert_eq!(remove_credentials(&mut event).into_iter().collect::<Vec<_>>(), ["token"]);
        assert_eq!(
            event,
            json!({ "rawPath": "/reset/REDACTED", "pathParameters": { "token": "REDACTED" },
                "requestContext": { "http": { "path": "/reset/REDACTED" } } })
        );
        let other = json!({ "rawPath": "/files/a", "pathParameters": { "key": "a" } });
        let mut event = other.clone();
        assert!(remove_credentials(&mut event).is_empty());
        assert_eq!(event, other);
    }

    #[test]
    fn claims_are_kept_and_secrets_of_authorizers_removed() {
        let mut event = json!({ "requestContext": { "authorizer": {
            "jwt": { "claims": { "token_use": "access" } }, "lambda": { "accessToken": "s", "tenant": "blue" } } } });
        assert_eq!(remove_credentials(&mut event).into_iter().collect::<Vec<_>>(), ["accessToken"]);
        let authorizer = &event["requestContext"]["authorizer"];
        assert_eq!(authorizer["jwt"]["claims"]["token_use"], "access");
        assert_eq!(authorizer["lambda"], json!({ "accessToken": "REDACTED", "tenant": "blue" }));
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
        let mut event = json!({ "requestContext": { "authorizer": {
            "claims": { "token_use": "access" }, "accessToken": "s", "principalId": "ada" } } });
        assert_eq!(remove_credentials(&mut event).into_iter().collect::<Vec<_>>(), ["accessToken"]);
        let expected = json!({ "claims": { "token_use": "access" }, "accessToken": "REDACTED", "principalId": "ada" });
        assert_eq!(event["requestContext"]["authorizer"], expected);
    }

    #[test]
    fn tokens_for_authorizers_are_removed() {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html and
        // …/http-api-lambda-authorizer.html: for REST APIs, and for HTTP APIs in both formats
        for event in [
            json!({ "type": "TOKEN", "authorizationToken": "secret", "methodArn": "arn:x" }),
            json!({ "version": "1.0", "type": "REQUEST", "methodArn": "arn:x", "identitySource": "secret,b",
                "authorizationToken": "secret,b", "headers": { "Authorization": "secret" }, "requestContext": {} }),
            json!({ "version": "2.0", "type": "REQUEST", "routeArn": "arn:x", "identitySource": ["secret"],
                "headers": { "authorization": "secret" }, "requestContext": {} }),
        ] {
            let mut redacted = event.clone();
            assert!(!remove_credentials(&mut redacted).is_empty(), "{event}");
            assert!(!redacted.to_string().contains("secret"), "{redacted}");
            assert_eq!(redacted["type"], event["type"]);
        }
    }

    #[test]
    fn secrets_are_removed_from_replies() {
        let mut reply = json!({ "statusCode": 302, "cookies": ["b=2"], "body": "text",
            "headers": { "Set-Cookie": "a=1", "Location": "https://a.example/?state=1&code=7", "x": "y" } });
        assert!(!remove_credentials(&mut reply).is_empty());
        let expected = json!({ "statusCode": 302, "body": "text",
            "headers": { "Location": "https://a.example/?state=1", "x": "y" } });
        assert_eq!(reply, expected);
    }

    #[test]
    fn other_json_is_not_changed() {
        for event in [json!({ "headers": { "authorization": "a" } }), json!(["cookies"]), json!({ "Records": [] })] {
            let mut redacted = event.clone();
            assert!(remove_credentials(&mut redacted).is_empty());
            assert_eq!(redacted, event);
        }
    }
}
