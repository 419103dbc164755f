//! Events of authorizers as requests.

use super::*;
use lrt::Error;
use lrt::authorizer::{Allow, AuthRequest};
use lrt::http::Origin;
use lrt::http::rejection::EventRejection;
use lrt::testing::events::ApiOrigin;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Replies with the parts of the request.
async fn describe(request: AuthRequest) -> Result<Allow<Value>, Error> {
    let query: HashMap<String, String> = request.query()?;
    let cookies = ["cookie1", "id"].map(|name| request.cookie(name));
    let event = request.event();
    let context = request.context::<Value>().ok();
    let tags: Vec<_> = request.headers().get_all("x-tag").iter().filter_map(|tag| tag.to_str().ok()).collect();
    let user = json!({
        "origin": format!("{:?}", request.origin()),
        "event": [event.matched_route(), format!("{:?}", event.origin())],
        "path_parameters": event.path_parameters().collect::<Vec<_>>(),
        "stage_variables": event.stage_variables().collect::<Vec<_>>(),
        "stage": context.map(|context| context["stage"].clone()),
        "arn": request.arn(),
        "uri": request.uri().to_string(),
        "tags": tags,
        "token": [request.token(), request.bearer_token()],
        "line": format!("{} {}", request.method(), request.path()),
        "header": request.header("header1").or(request.header("HeaderAuth1")),
        "query": query,
        "cookies": cookies,
    });
    Ok(Allow::new(user))
}

/// Returns what the authorizer received, as a function of the API sees it.
async fn described(event: impl IntoEvent) -> Value {
    let context = lrt::authorizer(describe).harness().invoke(event).await.authorization().context().clone();
    let parsed = |value: Value| match value {
        Value::String(text) if text.starts_with(['[', '{']) => serde_json::from_str(&text).unwrap(),
        value => value,
    };
    let Value::Object(members) = context else { panic!("{context}") };
    members.into_iter().map(|(name, value)| (name, parsed(value))).collect()
}

/// [Input of a TOKEN authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html)
#[tokio::test]
async fn token_event_of_the_documentation_has_token_method_and_path() {
    let event = r#"{
    "type":"TOKEN",
    "authorizationToken":"allow",
    "methodArn":"arn:aws:execute-api:us-east-1:123456789012:example/prod/POST/{proxy+}"
}"#;
    let expected = json!({
        "origin": "RestApi",
        "event": ["", "RestApi"],
        "path_parameters": [],
        "stage_variables": [],
        "arn": "arn:aws:execute-api:us-east-1:123456789012:example/prod/POST/{proxy+}",
        "uri": "/{proxy+}",
        "tags": [],
        "token": ["allow", null],
        "line": "POST /{proxy+}",
        "query": {},
        "cookies": [null, null],
    });
    assert_eq!(described(event).await, expected);
}

/// The samples are those of the documentation, as aws_lambda_events and aws-lambda-go contain them.
#[tokio::test]
async fn request_events_of_all_apis_have_the_parts_of_the_request() {
    for (sample, expected) in [
        (
            "aws-sam-cli/authorizer-request.apigateway-request-authorizer.json",
            json!({"origin": "RestApi", "line": "GET /request", "header": "headerValue1", "query": {"QueryString1": "queryValue1"}}),
        ),
        (
            "aws_lambda_events/authorizer-request.apigw-v2-custom-authorizer-v1-request.json",
            json!({"origin": "HttpApi", "line": "GET /request", "header": "headerValue1", "query": {"QueryString1": "queryValue1"}}),
        ),
        (
            "aws_lambda_events/authorizer-v2.apigw-v2-custom-authorizer-v2-request.json",
            json!({"origin": "HttpApi", "line": "POST /my/path", "header": "value1", "query": {"parameter1": "value2", "parameter2": "value"}}),
        ),
        (
            "aws_lambda_events/authorizer-websocket.apigw-v2-custom-authorizer-websocket-request.json",
            json!({"origin": "WebSocket", "line": "GET /", "header": "value1", "query": {"parameter1": "value1,value2", "parameter2": "value"}}),
        ),
    ] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(sample);
        let request = described(path.as_path()).await;
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&request[name], value, "{sample}: {name}");
        }
    }
}

#[tokio::test]
async fn built_events_have_the_same_request_in_each_form() {
    fn request<O: ApiOrigin>(event: HttpEvent<O>) -> HttpEvent<O> {
        event
            .query("page", "2")
            .query("tag", "a b")
            .header("Authorization", "bearer abc")
            .header("Header1", "one")
            .header("X-Tag", "a")
            .header("X-Tag", "b")
            .cookie("id", "s-1")
            .cookie("theme", "dark")
            .stage_variable("color", "blue")
    }
    let query = json!({"page": "2", "tag": "a b"});
    let (host, target) = ("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "/orders/7?page=2&tag=a%20b");
    let rest = request(rest_api().route("GET /orders/{id}"));
    let http = request(http_api().route("GET /orders/{id}"));
    let v1 = http.clone().payload_format_1();
    let socket = request(websocket());
    let is = |expected: Value, found: &Value, form: &str| {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{form}: {name}");
        }
    };
    for (form, event, origin, stage, route, tags) in [
        ("rest_api", bytes(rest.clone().for_authorizer()), "RestApi", "prod", "/orders/{id}", json!(["a", "b"])),
        ("payload format 1.0", bytes(v1.for_authorizer()), "HttpApi", "$default", "/orders/{id}", json!(["a", "b"])),
        // Format 2.0 has only one value of each header.
        ("payload format 2.0", bytes(http.for_authorizer()), "HttpApi", "$default", "GET /orders/{id}", json!(["a,b"])),
    ] {
        let expected = json!({
            "origin": origin,
            "event": [route, origin],
            "path_parameters": [["id", "7"]],
            "stage_variables": [["color", "blue"]],
            "stage": stage,
            "arn": format!("{ARN}/{stage}/GET/orders/7"),
            "uri": format!("{host}{target}"),
            "tags": tags,
            "token": ["bearer abc", "abc"],
            "line": "GET /orders/7",
            "header": "one",
            "query": query,
            "cookies": [null, "s-1"],
        });
        is(expected, &described(event).await, form);
    }
    let expected = json!({
        "origin": "WebSocket",
        "event": ["$connect", "WebSocket"],
        "path_parameters": [],
        "stage_variables": [["color", "blue"]],
        "stage": "prod",
        "arn": format!("{ARN}/prod/$connect"),
        "uri": format!("{host}/?page=2&tag=a%20b"),
        "tags": ["a", "b"],
        "token": ["bearer abc", "abc"],
        "line": "GET /",
        "header": "one",
        "query": query,
        "cookies": [null, "s-1"],
    });
    is(expected, &described(socket.for_authorizer()).await, "websocket");
    // Only the token and the ARN are left.
    let expected = json!({
        "origin": "RestApi",
        "arn": format!("{ARN}/prod/GET/orders/7"),
        "uri": "/orders/7",
        "token": ["bearer abc", "abc"],
        "line": "GET /orders/7",
        "query": {},
        "cookies": [null, null],
    });
    is(expected, &described(rest.for_token_authorizer()).await, "TOKEN");
    let missing = rest_api().for_token_authorizer().into_event().unwrap();
    let error = AuthRequest::read(&missing).unwrap().context::<Value>().unwrap_err();
    assert!(matches!(error, EventRejection::Context { .. }), "{error:?}");
}

#[tokio::test]
async fn empty_or_missing_token_is_no_token() {
    async fn token(request: AuthRequest) -> Result<Allow<Value>, Error> {
        Ok(Allow::new(json!({"tokens": [request.token().is_some(), request.bearer_token().is_some()]})))
    }
    let harness = lrt::authorizer(token).harness();
    let found = async |event: Vec<u8>| harness.invoke(event).await.authorization().context()["tokens"].clone();
    for header in [None, Some(""), Some("  ")] {
        let rest = header.map_or(rest_api(), |value| rest_api().header("Authorization", value));
        let http = header.map_or(http_api(), |value| http_api().header("Authorization", value));
        let socket = header.map_or(websocket(), |value| websocket().header("Authorization", value));
        assert_eq!(found(bytes(rest.clone().for_authorizer())).await, "[false,false]", "{header:?}");
        assert_eq!(found(bytes(rest.for_token_authorizer())).await, "[false,false]", "{header:?}");
        assert_eq!(found(bytes(socket.for_authorizer())).await, "[false,false]", "{header:?}");
        assert_eq!(found(bytes(http.clone().payload_format_1().for_authorizer())).await, "[false,false]", "{header:?}");
        assert_eq!(found(bytes(http.for_authorizer())).await, json!([false, false]), "{header:?}");
    }
    let basic = http_api().header("Authorization", "Basic YQ==").for_authorizer();
    assert_eq!(found(bytes(basic)).await, json!([true, false]));
}

#[tokio::test]
async fn other_events_are_errors_that_name_what_arrived() {
    let harness = lrt::authorizer(describe).harness();
    for (event, found) in [
        (bytes(http_api()), "an object with the members"),
        (bytes(events::sqs().text("a")), "a batch of records from aws:sqs"),
        (b"[1]".to_vec(), "a JSON value that is not an object"),
        (bytes(events::alb().get("/").set("/methodArn", "arn:a/b/c")), "a Lambda authorizer event"),
    ] {
        let outcome = harness.invoke(event).await;
        let error = outcome.error().unwrap();
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        let expected = format!("expected an event for an authorizer of API Gateway, got {found}");
        assert!(error.message().starts_with(&expected), "{error}");
    }
    let event = rest_api().for_authorizer().set("/methodArn", "GET/orders");
    let outcome = harness.invoke(event).await;
    let message = outcome.error().unwrap().message();
    assert!(message.starts_with("invalid ARN in the event of an authorizer (expected arn:aws:"), "{message}");
    let event = rest_api().for_authorizer().set("/headers", json!({"a b": "c"})).set("/multiValueHeaders", ());
    let outcome = harness.invoke(event).await;
    let message = outcome.error().unwrap().message();
    assert!(message.starts_with("invalid headers.a b in the event of an authorizer: "), "{message}");
    assert_eq!(rest_api().build().get("methodArn"), None);
    assert_eq!(described(websocket().for_authorizer()).await["origin"], json!(format!("{:?}", Origin::WebSocket)));
}
