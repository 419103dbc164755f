//! Functions of lambda_runtime have the same answers on both loops.

use crate::process::{event, same_answers};
use lrt::testing::events;

#[tokio::test]
async fn context_is_filled() {
    let event = event(r#"{"tea":1}"#).header("Lambda-Runtime-Aws-Tenant-Id", "blue");
    let all = event
        .clone()
        .header("Lambda-Runtime-Client-Context", r#"{"client":{"installation_id":"i","app_title":"t","app_version_name":"v","app_version_code":"c","app_package_name":"p"},"custom":{"a":"b"},"environment":{}}"#)
        .header("Lambda-Runtime-Cognito-Identity", r#"{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}"#);
    let sparse = event
        .clone()
        .without_header("Lambda-Runtime-Trace-Id")
        .without_header("Lambda-Runtime-Aws-Tenant-Id")
        .header("Lambda-Runtime-Client-Context", "");
    // cargo-lambda sends a deadline in the past.
    let past = event.clone().header("Lambda-Runtime-Deadline-Ms", "600000");
    let seen = same_answers("context", vec![event, all, sparse, past]).await;
    for part in [r#""tenant_id":"blue""#, r#""function_name":"shop""#, r#""memory":256"#, r#""deadline":4000000000123"#]
    {
        assert!(seen[0].contains(part), "{}", seen[0]);
    }
    assert!(seen[1].contains(r#""identity_id":"i""#) || seen[1].contains(r#""identityId":"i""#), "{}", seen[1]);
    assert!(seen[3].contains(r#""deadline":600000"#), "{}", seen[3]);
}

#[tokio::test]
async fn plain_replies_are_the_same() {
    same_answers("text", vec![event("1"), event("{}")]).await;
    assert_eq!(same_answers("unit", vec![event("null")]).await, ["null"]);
}

#[tokio::test]
async fn decoding_errors_are_the_same() {
    let payloads = [
        r#"{"id":1,"items":[{"name":"tea","count":2}]}"#,
        r#"{"id":1,"items":[{"name":"tea","count":256}]}"#,
        r#"{"id":1}"#,
        r#"[1]"#,
        r#""tea""#,
        r#"{"id":1,"items":[]} {"#,
        r#"{"id":1,"items":["#,
        "tea",
    ];
    let seen = same_answers("order", payloads.into_iter().map(event).collect()).await;
    assert_eq!(seen[0], payloads[0]);
    assert!(seen[1].contains("[items[0].count] items[0].count: invalid value"), "{}", seen[1]);
}

#[tokio::test]
async fn batch_responses_are_the_same() {
    let seen =
        same_answers("sqs", vec![event(events::sqs().text("tea").text("coffee")), event(r#"{"Records":[]}"#)]).await;
    assert!(seen[0].starts_with(r#"{"batchItemFailures":[{"itemIdentifier":""#), "{}", seen[0]);
}

#[tokio::test]
async fn function_responses_are_the_same() {
    let seen = same_answers("response", vec![event(r#"{"tea":1}"#), event("[1,2]"), event("[]")]).await;
    assert_eq!(seen[0], r#"{"tea":1}"#);
    assert!(seen[1].ends_with("\0\0\0\0\0\0\0\u{0}12"), "{:?}", seen[1]);
}

#[tokio::test]
async fn streamed_responses_are_the_same() {
    let seen = same_answers("stream", vec![event(r#"["one","","two"]"#), event("[]")]).await;
    assert!(seen[0].starts_with(r#"{"statusCode":201,"headers":{"#), "{:?}", seen[0]);
    assert!(seen[0].ends_with("\0onetwo"), "{:?}", seen[0]);
}

#[tokio::test]
async fn errors_are_the_same() {
    let message = || event(r#""no \"tea\"\n\u001f é""#);
    for program in ["boxed-error", "io-error", "string-error"] {
        let seen = same_answers(program, vec![message()]).await;
        assert!(seen[0].contains(r#""errorMessage":"no \"tea\""#), "{}", seen[0]);
    }
    same_answers("str-error", vec![event("1")]).await;
    let seen = same_answers("diagnostic", vec![event("3")]).await;
    assert_eq!(seen, [r#"{"errorType":"shop::OutOfStock","errorMessage":"3 left"}"#]);
}

#[tokio::test]
async fn panics_are_the_same() {
    let seen = same_answers("panic", vec![event(r#""str""#), event(r#""coffee""#), event("1")]).await;
    assert!(seen[1].contains("Lambda panicked: no coffee"), "{}", seen[1]);
    same_answers("panic-in-call", vec![event("false"), event("true")]).await;
}
