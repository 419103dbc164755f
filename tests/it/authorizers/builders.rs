//! The event builders of authorizers, compared with the events of the documentation.

use super::*;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// Returns the pointers of documented values that are missing in a built event (`-/a/b`) or differ (`/a/b`), and of members that
/// only the built event has (`+/a`). The examples of the documentation omit most members inside of others.
fn differences(documented: &Value, built: &Value) -> Vec<String> {
    fn add(pointer: &str, documented: &Value, built: &Value, out: &mut Vec<String>) {
        let (Value::Object(members), Value::Object(found)) = (documented, built) else {
            return if documented != built {
                out.push(pointer.to_owned())
            };
        };
        for (name, value) in members {
            match found.get(name) {
                Some(found) => add(&format!("{pointer}/{name}"), value, found, out),
                None => out.push(format!("-{pointer}/{name}")),
            }
        }
    }
    let mut out = Vec::new();
    add("", documented, built, &mut out);
    let names = built.as_object().unwrap().keys();
    out.extend(names.filter(|name| documented.get(name).is_none()).map(|name| format!("+/{name}")));
    out
}

fn documented(sample: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(sample);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// [Input of a TOKEN authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html)
#[test]
fn token_event_is_that_of_the_documentation() {
    let event = events::rest_api()
        .request("POST", "/{proxy+}")
        .api_id("example")
        .header("Authorization", "incoming-client-token")
        .for_token_authorizer();
    let expected = r#"{"type":"TOKEN","authorizationToken":"incoming-client-token","methodArn":"arn:aws:execute-api:us-east-1:123456789012:example/prod/POST/{proxy+}"}"#;
    assert_eq!(String::from_utf8(bytes(event.clone())).unwrap(), expected);
    assert_eq!(documented("aws-sam-cli/authorizer-token.apigateway-authorizer.json"), event.build());
}

/// [Payload format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html)
#[test]
fn event_of_format_2_is_that_of_the_documentation() {
    let mut documented = documented("aws_lambda_events/authorizer-v2.apigw-v2-custom-authorizer-v2-request.json");
    // As in the current version of the page.
    documented["headers"] = json!({"header1": "value1", "header2": "value2"});
    let built = events::http_api()
        .post("/my/path?parameter1=value1&parameter1=value2&parameter2=value")
        .api_id("api-id")
        .domain("id.execute-api.us-east-1.amazonaws.com")
        .request_id("id")
        .time(UNIX_EPOCH + Duration::from_millis(1_584_039_838_390))
        .source_ip("IP")
        .user_agent("agent")
        .header("Authorization", "user1")
        .header("Header1", "value1")
        .header("Header2", "value2")
        .header("Cookie", "cookie1; cookie2")
        .path_parameter("parameter1", "value1")
        .stage_variable("stageVariable1", "value1")
        .stage_variable("stageVariable2", "value2")
        .for_authorizer()
        .build();
    assert_eq!(built["routeArn"], "arn:aws:execute-api:us-east-1:123456789012:api-id/$default/POST/my/path");
    let expected = [
        // The authorizer of the example has two identity sources.
        "/identitySource",
        "-/requestContext/authentication",
        // This is not the time in `time`.
        "/requestContext/timeEpoch",
        // This is another route than that of the request.
        "/routeArn",
    ];
    assert_eq!(differences(&documented, &built), expected);
}

/// [Payload format 1.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html)
#[test]
fn event_of_format_1_is_that_of_the_documentation() {
    let documented = documented("aws-lambda-go/authorizer-request.apigw-v2-custom-authorizer-v1-request.json");
    let built = events::http_api()
        .payload_format_1()
        .get("/request?QueryString1=queryValue1")
        .route("GET /request")
        .api_id("abcdef123")
        .stage("test")
        .request_id("...")
        .source_ip("...")
        .user_agent("...")
        .header("X-AMZ-Date", "20170718T062915Z")
        .header("Accept", "*/*")
        .header("HeaderAuth1", "headerValue1")
        .header("CloudFront-Viewer-Country", "US")
        .header("CloudFront-Forwarded-Proto", "https")
        .header("CloudFront-Is-Tablet-Viewer", "false")
        .header("CloudFront-Is-Mobile-Viewer", "false")
        .header("Authorization", "user1")
        .stage_variable("StageVar1", "stageValue1")
        .for_authorizer()
        .build();
    assert_eq!(built["methodArn"], documented["methodArn"]);
    let expected = [
        // The authorizer of the example has two identity sources.
        "/authorizationToken",
        "/identitySource",
        // With this stage, the paths begin with `/test`.
        "/path",
        "-/requestContext/identity/apiKey",
        "-/requestContext/identity/clientCert",
        "/requestContext/path",
        "/requestContext/resourceId",
        "+/multiValueHeaders",
        "+/multiValueQueryStringParameters",
    ];
    assert_eq!(differences(&documented, &built), expected);
}

/// [Input of a REQUEST authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html)
#[test]
fn event_of_a_rest_api_is_that_of_the_documentation() {
    let documented = documented("aws-sam-cli/authorizer-request.apigateway-request-authorizer.json");
    let built = events::rest_api()
        .get("/request?QueryString1=queryValue1")
        .route("GET /request")
        .api_id("abcdef123")
        .stage("test")
        .request_id("...")
        .source_ip("...")
        .user_agent("...")
        .header("X-AMZ-Date", "20170718T062915Z")
        .header("Accept", "*/*")
        .header("HeaderAuth1", "headerValue1")
        .header("CloudFront-Viewer-Country", "US")
        .header("CloudFront-Forwarded-Proto", "https")
        .header("CloudFront-Is-Tablet-Viewer", "false")
        .header("CloudFront-Is-Mobile-Viewer", "false")
        .identity("apiKey", "...")
        .stage_variable("StageVar1", "stageValue1")
        .for_authorizer()
        .build();
    let expected = [
        "-/requestContext/identity/clientCert",
        // With this stage, the path begins with `/test`.
        "/requestContext/path",
        "/requestContext/resourceId",
        "+/multiValueHeaders",
        "+/multiValueQueryStringParameters",
    ];
    assert_eq!(differences(&documented, &built), expected);
}

/// An event that a WebSocket API sent, with members that its runtime added.
#[test]
fn event_of_a_websocket_api_is_that_of_the_sample() {
    let documented =
        documented("aws_lambda_events/authorizer-websocket.apigw-v2-custom-authorizer-websocket-request.json");
    let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
    let built = events::websocket()
        .connect()
        .query("parameter1", "value1,value2")
        .query("parameter2", "value")
        .region("eu-west-1")
        .api_id("abcdef123")
        .stage("test")
        .domain("example.com")
        .connection_id("connection-id")
        .connected_at(at(1_655_103_417_248))
        .time(at(1_655_103_417_249))
        .request_id("req-id")
        .source_ip("1.2.3.4")
        .user_agent("user-agent")
        .header("Header1", "value1")
        .header("Header2", "value2")
        .for_authorizer()
        .build();
    assert_eq!(built["methodArn"], documented["methodArn"]);
    let expected = [
        "-/client_context",
        "-/context",
        "-/deadline",
        "-/env_config",
        "-/identity",
        "-/invoked_function_arn",
        "-/log_group",
        "-/log_stream",
        "-/memory",
        // This is not the API in `methodArn`.
        "/requestContext/apiId",
        "/requestContext/extendedRequestId",
        "-/version",
        "-/xray_trace_id",
    ];
    assert_eq!(differences(&documented, &built), expected);
}

/// The maps of a function's event are null or missing instead.
#[test]
fn empty_maps_of_format_1_are_objects() {
    let maps = ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables", "pathParameters"];
    for (event, count) in [
        (events::rest_api().for_authorizer().build(), 4),
        (events::http_api().payload_format_1().for_authorizer().build(), 4),
        (websocket().for_authorizer().build(), 3),
        (events::http_api().for_authorizer().build(), 0),
    ] {
        let found = maps.map(|name| event.get(name).cloned());
        let expected: Vec<_> = (0..4).map(|at| (at < count).then(|| json!({}))).collect();
        assert_eq!(found.to_vec(), expected);
    }
    // Without a route, a REST API forwards the root path to `/`.
    assert_eq!(events::rest_api().build()["pathParameters"], Value::Null);
}
