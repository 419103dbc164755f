//! The visibility of messages that failed.

use crate::server::{Behavior, Server};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Credentials;
use lrt::Error;
use lrt::testing::{Outcome, events};
use lrt_aws::VisibilityBackoff;
use serde_json::{Value, json};
use std::time::Duration;

/// Fails as the body says: with a delay in milliseconds, without one, or permanently.
async fn process(body: Value) -> Result<(), Error> {
    match body.as_u64() {
        Some(millis) => Err(Error::msg("busy").retry_after(Duration::from_millis(millis))),
        None if body == "permanent" => Err(Error::permanent("never")),
        None if body == "ok" => Ok(()),
        None => Err(Error::msg("broken")),
    }
}

async fn client(url: &str) -> Client {
    let config = lrt_aws::config().region("us-east-1").load().await;
    let config = aws_sdk_sqs::config::Builder::from(&config)
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .endpoint_url(url);
    Client::from_conf(config.build())
}

async fn invoke(layer: VisibilityBackoff, bodies: &[Value]) -> Outcome {
    let event = bodies.iter().enumerate().fold(events::sqs(), |event, (n, body)| {
        let message = events::message().json(body).receive_count(n as u32 + 1);
        event.message(message.receipt_handle(format!("handle-{}", n + 1)))
    });
    let function = lrt::sqs(process).concurrency(1).on_all_failed(lrt::batch::OnAllFailed::Report);
    function.record_layer(layer).harness().invoke(event).await
}

fn plain() -> Behavior {
    Behavior { plain: true, responses: vec![(200, "{}".to_owned())], ..Behavior::default() }
}

#[tokio::test]
async fn message_becomes_visible_after_the_delay_of_its_error() {
    let server = Server::start(plain()).await;
    let bodies = [json!(1500), json!("ok"), json!("permanent"), json!("broken"), json!(0), json!(86_400_000)];
    let outcome = invoke(VisibilityBackoff::new(&client(&server.url()).await), &bodies).await;
    assert_eq!(outcome.batch_failures(), ["message-1", "message-4", "message-5", "message-6"]);
    let calls = server.calls();
    let sent: Vec<Value> = calls.iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
    let change = |handle: &str, seconds: u32| {
        json!({
            "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
            "ReceiptHandle": handle,
            "VisibilityTimeout": seconds,
        })
    };
    // A part of a second is rounded up, and 12 hours are the maximum.
    assert_eq!(sent, [change("handle-1", 2), change("handle-5", 0), change("handle-6", 43_200)]);
    assert!(calls.iter().all(|call| call.header("x-amz-target") == Some("AmazonSQS.ChangeMessageVisibility")));
}

#[tokio::test]
async fn message_without_a_delay_becomes_visible_after_a_growing_one() {
    let server = Server::start(plain()).await;
    let seconds = Duration::from_secs;
    let layer = VisibilityBackoff::new(&client(&server.url()).await)
        .queue_url("http://q")
        .exponential(seconds(10), seconds(60));
    invoke(layer, &[json!("broken"), json!("broken"), json!(1000), json!("broken"), json!("permanent")]).await;
    let sent: Vec<Value> = server.calls().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
    let timeouts: Vec<_> = sent.iter().map(|call| call["VisibilityTimeout"].as_u64().unwrap()).collect();
    assert_eq!((timeouts, &sent[0]["QueueUrl"]), (vec![10, 20, 1, 60], &json!("http://q")));
}

#[tokio::test]
async fn call_that_fails_is_a_warning_and_the_message_still_fails() {
    let error = r#"{"__type":"com.amazonaws.sqs#ReceiptHandleIsInvalid","message":"expired"}"#;
    let server = Server::start(Behavior { responses: vec![(400, error.to_owned())], ..plain() }).await;
    let outcome = invoke(VisibilityBackoff::new(&client(&server.url()).await), &[json!(1000), json!("ok")]).await;
    assert_eq!(outcome.batch_failures(), ["message-1"]);
    let logs = outcome.logs();
    assert!(logs[0].contains("cannot change the visibility of record message-1: "), "{logs:?}");
    assert!(logs[0].contains("expired"), "{logs:?}");
    assert!(logs[1].contains("record message-1 (delivery 1) failed: Error: busy"), "{logs:?}");
}

/// Receives a message from moto, lets it fail with a delay of two seconds, and measures when it is visible again. Needs moto's server,
/// whose URL is in `MOTO_URL`.
#[tokio::test]
#[ignore = "needs moto's server: MOTO_URL=http://127.0.0.1:5000"]
async fn moto_returns_the_message_after_the_delay() {
    let url = std::env::var("MOTO_URL").unwrap();
    let sqs = client(&url).await;
    let queue = sqs.create_queue().queue_name("visibility").send().await.unwrap().queue_url.unwrap();
    sqs.send_message().queue_url(&queue).message_body("2000").send().await.unwrap();
    let receive = || async { sqs.receive_message().queue_url(&queue).send().await.unwrap().messages };
    let received = receive().await.unwrap().remove(0);
    let message = events::message()
        .text(received.body().unwrap())
        .id(received.message_id().unwrap())
        .receipt_handle(received.receipt_handle().unwrap());
    let event = events::sqs().message(message).queue("visibility");
    let failed = std::time::Instant::now();
    let layer = VisibilityBackoff::new(&sqs).queue_url(&queue);
    let outcome = lrt::sqs(process).record_layer(layer).harness().invoke(event).await;
    assert!(outcome.error().is_some());
    assert!(receive().await.is_none());
    while receive().await.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let seconds = failed.elapsed().as_secs_f64();
    assert!((1.5..3.0).contains(&seconds), "{seconds} s");
}
