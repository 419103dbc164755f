//! Functions of the kind `eventbridge`, and schedules.

#![cfg(feature = "batch")]
use crate::samples::samples;
use lrt::payload::EventBridge;
use lrt::testing::events;
use lrt::{Context, Error, Handler};
use serde_json::{Value, json};

#[derive(serde::Deserialize)]
struct Paid {
    amount: u32,
}

async fn book(event: EventBridge<Paid>, ctx: Context) -> Result<String, Error> {
    assert!(!ctx.request_id().is_empty());
    match event.detail.amount {
        0 => Err(Error::named("NothingPaid", event.source)),
        amount => Ok(format!("{amount} from {}", event.source)),
    }
}

fn paid(amount: u32) -> events::EventBridgeEvent {
    events::eventbridge().source("shop").detail_type("Paid").detail(&json!({"amount": amount}))
}

#[tokio::test]
async fn function_gets_the_event_and_its_error_is_the_error_of_the_invocation() {
    let harness = lrt::eventbridge(book).pattern(r#"{"source": ["shop"]}"#).harness();
    assert_eq!(harness.invoke(paid(7)).await.reply::<String>(), "7 from shop");
    let outcome = harness.invoke(paid(0)).await;
    assert_eq!(outcome.error().map(|error| error.error_type()), Some("NothingPaid"));
}

#[tokio::test]
async fn events_of_other_services_are_errors_that_name_the_expected_event() {
    let harness = lrt::eventbridge(book).harness();
    for (event, says) in [
        (events::sqs().text("1").build(), "invalid EventBridge event: missing field `detail-type`"),
        (events::s3().created("a").build(), "invalid EventBridge event: missing field `detail-type`"),
        (json!([]), "invalid EventBridge event: invalid type: sequence, expected an object"),
        (json!({"detail-type": "Paid", "detail": {"amount": 1}}), "invalid EventBridge event: missing field `source`"),
        (json!({"detail-type": "Paid", "source": "shop", "detail": {}}), "missing field `amount` at detail"),
    ] {
        let outcome = harness.invoke(event.clone()).await;
        let error = outcome.error().unwrap_or_else(|| panic!("{event} was accepted"));
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        assert!(error.message().contains(says), "{event}: {error}");
    }
}

#[tokio::test]
async fn scheduled_sample_events_decode() {
    async fn tick(event: EventBridge<Value>) -> Result<(), Error> {
        assert_eq!(event.detail, json!({}));
        Ok(())
    }
    let harness = lrt::eventbridge(tick).schedule("rate(5 minutes)").harness();
    let files = samples().into_iter().filter(|file| crate::samples::kind(file) == "schedule");
    let mut count = 0;
    for file in files {
        let outcome = harness.invoke(&file).await;
        assert!(outcome.is_ok(), "{}: {:?}", file.display(), outcome.logs());
        count += 1;
    }
    assert!(count >= 2);
    assert!(harness.invoke(events::scheduled()).await.is_ok());
}

#[test]
fn options_are_in_the_deployment() {
    async fn clean() -> Result<(), Error> {
        Ok(())
    }
    let handler = lrt::eventbridge(book).pattern("{}").schedule("rate(1 day)").define();
    let deployment = handler.deployment();
    assert_eq!(
        (handler.kind(), deployment.pattern, deployment.schedule),
        ("eventbridge", Some("{}"), Some("rate(1 day)"))
    );
    let handler = lrt::json(clean).schedule("rate(1 hour)").define();
    let deployment = handler.deployment();
    assert_eq!((handler.kind(), deployment.pattern, deployment.schedule), ("json", None, Some("rate(1 hour)")));
}
