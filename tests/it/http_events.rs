//! Tests of the builders of HTTP events: the events that the services create for one request.

#![cfg(feature = "http")]
use lrt::testing::IntoEvent;
use lrt::testing::events::{self, HttpEvent, HttpOrigin};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// Returns the text of an event, with its order of keys.
fn text(event: impl IntoEvent) -> String {
    String::from_utf8(event.into_event().unwrap().to_vec()).unwrap()
}

/// Returns the keys of an object in the order of their first occurrence in `text`.
fn in_order(text: &str, object: &Value) -> String {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    keys.sort_by_key(|key| text.find(&format!("\"{key}\":")).unwrap());
    keys.join(" ")
}

/// Adds everything to a request that services convert differently.
fn full<O: HttpOrigin>(event: HttpEvent<O>) -> HttpEvent<O> {
    event
        .post("/a%20b/c%2Fd?x=1%202&y=&x=%26&z")
        .header("X-Many", "one")
        .header("X-Many", "two")
        .cookie("a", "1")
        .cookie("b", "2")
        .json(&json!({"n": 1}))
        .user_agent("agent/1")
        .source_ip("203.0.113.9")
        .domain("api.example.com")
        .time(UNIX_EPOCH + Duration::from_millis(1_584_039_838_390))
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
#[test]
fn rest_api_has_each_value_and_the_raw_path() {
    let event = full(events::rest_api()).route("POST /{name}/{proxy+}").api_key("key-1").stage_variable("v", "1");
    let event = event.path_parameter("name", "other");
    let written = text(event.clone());
    let event = event.build();
    assert_eq!(
        in_order(&written, &event),
        "resource path httpMethod headers multiValueHeaders queryStringParameters multiValueQueryStringParameters \
         pathParameters stageVariables requestContext body isBase64Encoded"
    );
    assert_eq!(event["pathParameters"], json!({"name": "other", "proxy": "c%2Fd"}));
    assert_eq!(event["path"], "/a%20b/c%2Fd");
    assert_eq!(event["queryStringParameters"], json!({"x": "&", "y": "", "z": ""}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"x": ["1 2", "&"], "y": [""], "z": [""]}));
    assert_eq!((&event["headers"]["X-Many"], &event["headers"]["cookie"]), (&json!("two"), &json!("a=1; b=2")));
    assert_eq!(event["multiValueHeaders"]["X-Many"], json!(["one", "two"]));
    assert_eq!(event["multiValueHeaders"]["Host"], json!(["api.example.com"]));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(r#"{"n":1}"#), &json!(false)));
    assert_eq!(event["stageVariables"], json!({"v": "1"}));
    let context = &event["requestContext"];
    assert_eq!(context["path"], "/prod/a%20b/c%2Fd");
    assert_eq!((&context["stage"], &context["domainName"]), (&json!("prod"), &json!("api.example.com")));
    assert_eq!(context["requestTime"], "12/Mar/2020:19:03:58 +0000");
    assert_eq!(context["requestTimeEpoch"], 1_584_039_838_390_u64);
    let identity = &context["identity"];
    assert_eq!((&identity["sourceIp"], &identity["userAgent"]), (&json!("203.0.113.9"), &json!("agent/1")));
    assert_eq!((&identity["apiKey"], &identity["userArn"]), (&json!("key-1"), &Value::Null));
}

#[test]
fn rest_api_writes_null_for_missing_members() {
    let event = events::rest_api().build();
    for key in ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"]
    {
        assert_eq!(event.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!((&event["resource"], event["requestContext"].get("authorizer")), (&json!("/"), None));
    let proxied = events::rest_api().get("/a/b%20c").build();
    assert_eq!((&proxied["resource"], &proxied["pathParameters"]), (&json!("/{proxy+}"), &json!({"proxy": "a/b%20c"})));
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[test]
fn http_api_decodes_the_path_and_joins_repeated_values() {
    let event = full(events::http_api()).stage("dev").route("POST /{a}/{b}").stage_variable("v", "1");
    let written = text(event.clone());
    let event = event.build();
    assert_eq!(
        in_order(&written, &event),
        "version routeKey rawPath rawQueryString cookies headers queryStringParameters requestContext body \
         pathParameters isBase64Encoded stageVariables"
    );
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("POST /{a}/{b}")));
    assert_eq!(event["rawPath"], "/dev/a b/c/d");
    assert_eq!(event["rawQueryString"], "x=1%202&y=&x=%26&z");
    assert_eq!(event["queryStringParameters"], json!({"x": "1 2,&", "y": "", "z": ""}));
    assert_eq!(event["pathParameters"], json!({"a": "a b", "b": "c/d"}));
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    let headers = json!({
        "user-agent": "agent/1",
        "x-many": "one,two",
        "content-type": "application/json",
        "host": "api.example.com",
        "content-length": "7",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-amzn-trace-id": "Root=1-6955b900-000000000000000000000000",
    });
    assert_eq!(event["headers"], headers);
    let context = json!({
        "accountId": "123456789012",
        "apiId": "a1b2c3d4e5",
        "domainName": "api.example.com",
        "domainPrefix": "api",
        "http": {
            "method": "POST",
            "path": "/dev/a b/c/d",
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.9",
            "userAgent": "agent/1",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "POST /{a}/{b}",
        "stage": "dev",
        "time": "12/Mar/2020:19:03:58 +0000",
        "timeEpoch": 1_584_039_838_390_u64,
    });
    assert_eq!(event["requestContext"], context);
}

#[test]
fn http_api_omits_missing_members() {
    let event = events::http_api().build();
    let keys: Vec<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"] {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(keys.len(), 7, "{keys:?}");
    assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&json!("/"), &json!("")));
}

#[test]
fn http_api_supports_payload_format_1() {
    let event = full(events::http_api()).payload_format_1().stage("dev").jwt_claims(json!({"sub": "ada"})).build();
    assert_eq!((&event["version"], &event["path"]), (&json!("1.0"), &json!("/dev/a b/c/d")));
    assert_eq!(event["multiValueHeaders"]["X-Many"], json!(["one", "two"]));
    assert_eq!(event["requestContext"]["authorizer"], json!({"claims": {"sub": "ada"}, "scopes": null}));
    assert_eq!((event["pathParameters"].clone(), event.get("cookies")), (Value::Null, None));
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>
#[test]
fn function_url_has_the_raw_path() {
    let event = full(events::function_url()).build();
    assert_eq!((&event["rawPath"], &event["routeKey"]), (&json!("/a%20b/c%2Fd"), &json!("$default")));
    assert_eq!(event["requestContext"]["accountId"], "anonymous");
    assert_eq!(event["requestContext"].get("authorizer"), None);
    let domain = events::function_url().url_id("u-1").region("eu-west-1").build();
    assert_eq!(domain["headers"]["host"], "u-1.lambda-url.eu-west-1.on.aws");
    assert_eq!(domain["requestContext"]["domainPrefix"], "u-1");

    let signed = events::function_url().iam("arn:aws:iam::111122223333:user/ada").build();
    let iam = &signed["requestContext"]["authorizer"]["iam"];
    assert_eq!(
        (&iam["accountId"], &iam["userArn"]),
        (&json!("111122223333"), &json!("arn:aws:iam::111122223333:user/ada"))
    );
    assert_eq!(signed["requestContext"]["accountId"], "123456789012");
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
#[test]
fn load_balancer_keeps_the_query_encoded() {
    let event = full(events::alb());
    let written = text(event.clone());
    let single = event.clone().build();
    let keys = "requestContext httpMethod path queryStringParameters headers body isBase64Encoded";
    assert_eq!(in_order(&written, &single), keys);
    assert_eq!(single["path"], "/a%20b/c%2Fd");
    assert_eq!(single["queryStringParameters"], json!({"x": "%26", "y": "", "z": ""}));
    assert_eq!((&single["headers"]["x-many"], &single["headers"]["cookie"]), (&json!("two"), &json!("a=1; b=2")));

    let multi = event.multi_value().build();
    assert_eq!((multi.get("headers"), multi.get("queryStringParameters")), (None, None));
    assert_eq!(multi["multiValueQueryStringParameters"], json!({"x": ["1%202", "%26"], "y": [""], "z": [""]}));
    assert_eq!(multi["multiValueHeaders"]["x-many"], json!(["one", "two"]));
    assert_eq!(events::alb().build()["body"], "");
}

/// <https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html>
#[test]
fn lattice_has_arrays_of_values() {
    let event = full(events::lattice()).iam("arn:aws:iam::123456789012:role/checker");
    let written = text(event.clone());
    let event = event.build();
    let keys = "version path method headers queryStringParameters body isBase64Encoded requestContext";
    assert_eq!(in_order(&written, &event), keys);
    assert_eq!(event["queryStringParameters"], json!({"x": ["1 2", "&"], "y": [""], "z": [""]}));
    assert_eq!(event["headers"]["x-many"], json!(["one", "two"]));
    let context = &event["requestContext"];
    assert_eq!(context["timeEpoch"], "1584039838390000");
    assert_eq!(context["identity"]["principal"], "arn:aws:iam::123456789012:role/checker");
    assert_eq!(events::lattice().build()["body"], Value::Null);
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>
#[test]
fn websocket_connects_sends_and_disconnects() {
    let socket = || events::websocket().connection_id("c-1").stage("dev");
    let connect = socket().header("X-Room", "tea").query("room", "a b").build();
    let context = &connect["requestContext"];
    assert_eq!((&context["routeKey"], &context["eventType"]), (&json!("$connect"), &json!("CONNECT")));
    assert_eq!((&context["connectionId"], &context["stage"]), (&json!("c-1"), &json!("dev")));
    assert_eq!(connect["multiValueHeaders"]["X-Room"], json!(["tea"]));
    assert_eq!(connect["queryStringParameters"], json!({"room": "a b"}));
    assert_eq!(socket().connect().build().get("queryStringParameters"), None);

    let message = socket().message("hello").message_id("m-1").authorizer(json!({"principalId": "ada"})).build();
    let context = &message["requestContext"];
    assert_eq!((&context["routeKey"], &context["eventType"]), (&json!("$default"), &json!("MESSAGE")));
    assert_eq!((&message["body"], &context["messageId"]), (&json!("hello"), &json!("m-1")));
    assert_eq!((message.get("headers"), message.get("httpMethod")), (None, None));
    assert_eq!(context["authorizer"]["principalId"], "ada");
    assert_eq!(socket().message("x").route("join").build()["requestContext"]["routeKey"], "join");

    let gone = socket().disconnect_with(1001, "going away").build();
    let context = &gone["requestContext"];
    assert_eq!((&context["routeKey"], &context["eventType"]), (&json!("$disconnect"), &json!("DISCONNECT")));
    assert_eq!((&context["disconnectStatusCode"], &context["disconnectReason"]), (&json!(1001), &json!("going away")));
    assert_eq!(gone["headers"]["x-api-key"], "");
    assert_eq!(socket().disconnect().build()["requestContext"]["disconnectStatusCode"], 1005);
}

#[test]
fn binary_bodies_are_in_base64() {
    let body = |event: HttpEvent<_>| {
        let event: Value = event.build();
        (event["body"].as_str().unwrap().to_owned(), event["isBase64Encoded"].as_bool().unwrap())
    };
    let post = || events::http_api().post("/");
    let plain = |text: &str| (text.to_owned(), false);
    let encoded = |text: &str| (text.to_owned(), true);
    assert_eq!(body(post().body("é")), plain("é"));
    assert_eq!(body(post().body(b"\xff".to_vec())), encoded("/w=="));
    assert_eq!(body(post().body("a=b").header("Content-Type", "application/x-www-form-urlencoded")), encoded("YT1i"));
    assert_eq!(body(post().body("a").header("content-type", "text/html; charset=utf-8")), plain("a"));
    assert_eq!(body(post().body("a").header("Content-Encoding", "br")), encoded("YQ=="));
    assert_eq!(body(post().body("a").base64(true)), encoded("YQ=="));
    assert_eq!(body(post().body("a").header("Content-Type", "image/svg+xml").base64(false)), plain("a"));
    assert_eq!(body(post().body(b"\xff".to_vec()).base64(false)), encoded("/w=="));
}

#[test]
fn any_member_can_be_set() {
    let event = events::rest_api()
        .set("/headers", Value::Null)
        .set("/requestContext/authorizer/claims/a~1b~0c", 1)
        .set("/new", json!([]))
        .build();
    assert_eq!((&event["headers"], &event["new"]), (&Value::Null, &json!([])));
    assert_eq!(event["requestContext"]["authorizer"]["claims"]["a/b~c"], 1);
    let wrong = |pointer: &str| events::alb().set(pointer, 1).into_event().unwrap_err().to_string();
    assert_eq!(wrong("a"), "invalid JSON pointer \"a\" (expected a leading slash)");
    assert_eq!(wrong("/path/a"), "cannot set /path/a: expected an object on its path, found \"/\"");
}

#[test]
fn unserializable_body_is_reported() {
    let pairs = std::collections::HashMap::from([((1, 2), 3)]);
    let error = events::http_api().json(&pairs).into_event().unwrap_err().to_string();
    assert!(error.starts_with("cannot serialize the request body as JSON: "), "{error}");
}

/// API Gateway sends claims as strings, regardless of their types in the token.
#[test]
fn claims_are_strings() {
    let token = json!({
        "sub": "ada", "exp": 1700000000, "ratio": 1.5, "email_verified": true, "cognito:groups": ["a", "b"], "none": [],
        "mixed": [1, false, ["x"]], "address": {"city": "Paris", "zip": 75001}, "null": null
    });
    let claims = |event: Value, pointer: &str| event.pointer(pointer).unwrap().clone();
    let http_api = json!({
        "sub": "ada", "exp": "1700000000", "ratio": "1.5", "email_verified": "true", "cognito:groups": "[a b]", "none": "[]",
        "mixed": "[1 false [x]]", "address": "map[city:Paris zip:75001]", "null": null
    });
    let rest_api = json!({
        "sub": "ada", "exp": "1700000000", "ratio": "1.5", "email_verified": "true", "cognito:groups": "a,b", "none": "",
        "mixed": "1,false,[\"x\"]", "address": "{\"city\":\"Paris\",\"zip\":75001}", "null": null
    });
    let v2 = events::http_api().jwt_claims(token.clone());
    assert_eq!(claims(v2.build(), "/requestContext/authorizer/jwt/claims"), http_api);
    let v1 = events::http_api().payload_format_1().jwt_claims(token.clone());
    assert_eq!(claims(v1.build(), "/requestContext/authorizer/claims"), http_api);
    let rest = events::rest_api().jwt_claims(token);
    assert_eq!(claims(rest.build(), "/requestContext/authorizer/claims"), rest_api);
}

/// REST and WebSocket APIs send the context of a Lambda authorizer as strings, HTTP APIs as JSON.
#[test]
fn contexts_of_lambda_authorizers_are_encoded_as_each_service_does() {
    let context = json!({"tenant": "blue", "level": 7, "admin": true, "none": null});
    let strings = json!({"tenant": "blue", "level": "7", "admin": "true", "none": null});
    let authorizer = |event: Value| event["requestContext"]["authorizer"].clone();
    assert_eq!(authorizer(events::rest_api().authorizer(context.clone()).build()), strings);
    assert_eq!(authorizer(events::websocket().authorizer(context.clone()).build()), strings);
    assert_eq!(authorizer(events::http_api().authorizer(context.clone()).build()), json!({"lambda": context}));
}

#[test]
fn caller_has_the_place_of_each_service() {
    let claims = json!({"sub": "ada"});
    let authorizer = |event: Value| event["requestContext"]["authorizer"].clone();
    let jwt = authorizer(events::http_api().jwt_claims(claims.clone()).build());
    assert_eq!(jwt, json!({"jwt": {"claims": claims, "scopes": null}}));
    assert_eq!(authorizer(events::rest_api().jwt_claims(claims.clone()).build()), json!({"claims": claims}));
    let lambda = json!({"tenant": "blue"});
    assert_eq!(authorizer(events::http_api().authorizer(lambda.clone()).build()), json!({"lambda": lambda}));
    assert_eq!(authorizer(events::rest_api().authorizer(lambda.clone()).build()), lambda);
    let arn = "arn:aws:iam::123456789012:user/ada";
    let rest = events::rest_api().iam(arn).build();
    let identity = &rest["requestContext"]["identity"];
    assert_eq!((&identity["userArn"], &identity["accountId"]), (&json!(arn), &json!("123456789012")));
    assert_eq!(authorizer(events::http_api().iam(arn).build())["iam"]["userArn"], arn);
}
