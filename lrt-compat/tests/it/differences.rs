//! Differences between the loops, as the documentation of the crate lists them.

use crate::process::{Loop, Process, event};
use base64::Engine;
use lrt::testing::AnswerKind;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn error_of_a_stream_is_in_the_trailers() {
    let theirs = Process::start("failing-stream", Loop::LambdaRuntime).await.invoke(event("1")).await;
    assert!(text(&theirs.body).contains("Lambda-Runtime-Function-Error-Type: Runtime.StreamError"), "{theirs:?}");

    let ours = Process::start("failing-stream", Loop::Lrt).await.invoke(event("1")).await;
    assert!(text(&ours.body).ends_with("\0one"), "{ours:?}");
    assert_eq!(ours.trailers.get("Lambda-Runtime-Function-Error-Type"), Some("Runtime.StreamError"));
    let body = ours.trailers.get("Lambda-Runtime-Function-Error-Body").unwrap();
    let body = text(&base64::engine::general_purpose::STANDARD.decode(body).unwrap());
    assert!(body.starts_with(r#"{"errorType":"Runtime.StreamError","errorMessage":"no more tea""#), "{body}");
}

#[tokio::test]
async fn header_has_the_type_of_the_error() {
    const HEADER: &str = "Lambda-Runtime-Function-Error-Type";
    let theirs = Process::start("diagnostic", Loop::LambdaRuntime).await.invoke(event("1")).await;
    assert_eq!(theirs.headers.get(HEADER), Some("unhandled"));
    let ours = Process::start("diagnostic", Loop::Lrt).await.invoke(event("1")).await;
    assert_eq!(ours.headers.get(HEADER), Some("Function.ShopOutOfStock"));
}

#[tokio::test]
async fn response_that_is_not_json_fails_one_invocation() {
    let theirs = Process::start("not-json", Loop::LambdaRuntime).await;
    let lost = theirs.api.send(event("false"));
    let api = theirs.api.clone();
    assert!(!theirs.output().await.status.success());
    api.stop();
    assert_eq!(lost.await.kind, AnswerKind::Lost);

    let ours = Process::start("not-json", Loop::Lrt).await;
    let failed = ours.invoke(event("false")).await;
    assert!(text(&failed.body).starts_with(r#"{"errorType":"Runtime.MarshalError""#), "{failed:?}");
    assert_eq!(text(&ours.invoke(event("true")).await.body), "{}");
}

#[tokio::test]
async fn headers_do_not_fail_an_invocation() {
    let ours = Process::start("context", Loop::Lrt).await;
    let sparse = event("1")
        .without_header("Lambda-Runtime-Deadline-Ms")
        .without_header("Lambda-Runtime-Invoked-Function-Arn")
        .header("Lambda-Runtime-Client-Context", "{");
    let answer = ours.invoke(sparse).await;
    assert_eq!(answer.kind, AnswerKind::Reply, "{answer:?}");
    let seen: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(seen["context"]["client_context"], serde_json::Value::Null);
    assert_eq!(seen["context"]["invoked_function_arn"], "");
    let output = ours.terminate().await;
    let log = text(&output.stderr);
    assert!(log.contains("ignoring invalid Lambda-Runtime-Client-Context: Eof error in its JSON"), "{log}");
}

#[tokio::test]
async fn serve_returns_after_sigterm_and_each_failure_is_one_line() {
    let ours = Process::start("panic", Loop::Lrt).await;
    ours.invoke(event(r#""str""#).request_id("r-1")).await;
    let output = ours.terminate().await;
    assert!(output.status.success(), "{output:?}");
    let log = text(&output.stderr);
    let failures: Vec<&str> = log.lines().filter(|line| line.contains("no tea")).collect();
    let [failure] = failures[..] else { panic!("{log}") };
    assert!(failure.contains("RequestId: r-1 Function.Panic: panicked at lrt-compat/tests/it/programs.rs:"), "{log}");
}

#[tokio::test]
async fn subscriber_of_the_program_wins() {
    let ours = Process::start("subscriber", Loop::Lrt).await;
    ours.invoke(event("null").request_id("r-1")).await;
    ours.invoke(event("1").request_id("r-2")).await;
    let output = ours.terminate().await;
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let brewing: Vec<&str> = out.lines().filter(|line| line.contains("brewing")).collect();
    assert_eq!(brewing.len(), 2, "{out}");
    assert!(brewing[0].contains("r-1") && brewing[0].contains("requestId"), "{out}");
    assert_eq!(out.lines().filter(|line| line.contains("no 1")).count(), 1, "{out}");
    assert!(!err.contains("brewing") && !err.contains("no 1"), "{err}");
}

#[tokio::test]
async fn workers_share_a_service() {
    let ours = Process::start_with("pair", Loop::Lrt, 2).await;
    let (one, other) = (ours.api.send(event("1")), ours.invoke(event("2")));
    let (one, other) = tokio::join!(one, other);
    assert_eq!((text(&one.body), text(&other.body)), (r#""met""#.to_owned(), r#""met""#.to_owned()));
}
