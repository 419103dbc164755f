//! Checks that values of events are not logged.

use lrt::http::RequestContext;
use lrt::kinesis::Record;
use lrt::payload::{EventBridge, Sns};
use lrt::prelude::{Batch, BatchFailures, Change, Message};
use lrt::testing::{Harness, IntoEvent, events};
use serde::Deserialize;
use serde_json::{Value, json};

/// Value that must not be logged.
const SECRET: &str = "4111";

/// Returns the log of one invocation, and the error that the caller receives.
async fn log_and_error<F>(harness: Harness<F>, event: impl IntoEvent) -> String {
    let outcome = harness.invoke(event).await;
    format!("{:?}\n{:?}", outcome.logs(), outcome.error())
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Card {
    number: u64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
enum Method {
    Card(u64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Account {
    account_id: u64,
}

async fn full_batch(batch: Batch<Message<Card>>) -> Result<BatchFailures, lrt::Error> {
    batch.into_iter().for_each(drop);
    Ok(BatchFailures::new())
}

#[tokio::test]
async fn event_values_are_not_logged() {
    let card = json!({ "id": 1, "number": SECRET });
    let method = json!({ SECRET: 1 });
    let with_number = |value: Value| {
        let mut event = events::dynamodb().insert(&json!({ "id": 1 })).build();
        event["Records"][0]["dynamodb"]["NewImage"]["number"] = value;
        event
    };
    let named = |name: &str| {
        let mut event = events::dynamodb().insert(&json!({ "id": 1 })).build();
        event["Records"][0]["eventName"] = json!(name);
        event
    };
    let batch = |source: Value| json!({ "Records": SECRET, "eventSource": source });
    let header = events::http_api().get("/").set("/headers/cookie", format!("{SECRET}\n"));
    let account = events::http_api().account(SECRET);
    for text in [
        log_and_error(lrt::json(async |_: Card| Ok::<_, lrt::Error>(())).harness(), card.clone()).await,
        log_and_error(lrt::json(async |_: Method| Ok::<_, lrt::Error>(())).harness(), method.clone()).await,
        log_and_error(lrt::json(async |_: u8| Ok::<_, lrt::Error>(())).harness(), json!(SECRET)).await,
        log_and_error(lrt::json(async |_: Sns<Card>| Ok::<_, lrt::Error>(())).harness(), events::sns().json(&card))
            .await,
        log_and_error(
            lrt::json(async |_: EventBridge<Card>| Ok::<_, lrt::Error>(())).harness(),
            events::eventbridge().detail(&card),
        )
        .await,
        log_and_error(
            lrt::sqs(async |_: Card| Ok::<_, lrt::Error>(())).harness(),
            events::sqs().json(&card).json(&method).text(SECRET),
        )
        .await,
        log_and_error(
            lrt::sqs(async |_: Sns<Method>| Ok::<_, lrt::Error>(())).harness(),
            events::sqs().json(&events::sns().json(&method)),
        )
        .await,
        log_and_error(lrt::sqs(full_batch).harness(), events::sqs().json(&card)).await,
        log_and_error(lrt::sqs(async |_: Card| Ok::<_, lrt::Error>(())).harness(), batch(json!("aws:sqs"))).await,
        log_and_error(lrt::sqs(async |_: Card| Ok::<_, lrt::Error>(())).harness(), batch(json!(SECRET))).await,
        log_and_error(lrt::sqs(async |_: Card| Ok::<_, lrt::Error>(())).harness(), batch(json!(["aws:sqs", SECRET])))
            .await,
        log_and_error(
            lrt::sqs(async |_: Card| Ok::<_, lrt::Error>(())).harness(),
            batch(json!(format!("aws:{SECRET}"))),
        )
        .await,
        log_and_error(
            lrt::dynamodb(async |_: Change<Card>| Ok::<_, lrt::Error>(())).harness(),
            events::dynamodb().insert(&card),
        )
        .await,
        log_and_error(
            lrt::dynamodb(async |_: Change<Card>| Ok::<_, lrt::Error>(())).harness(),
            with_number(json!({ "N": "4111x" })),
        )
        .await,
        log_and_error(
            lrt::dynamodb(async |_: Change<Card>| Ok::<_, lrt::Error>(())).harness(),
            with_number(json!({ "N": "4111.5" })),
        )
        .await,
        log_and_error(
            lrt::dynamodb(async |_: Change<Card>| Ok::<_, lrt::Error>(())).harness(),
            with_number(json!({ "BOOL": SECRET })),
        )
        .await,
        log_and_error(lrt::dynamodb(async |_: Change<Card>| Ok::<_, lrt::Error>(())).harness(), named(SECRET)).await,
        log_and_error(
            lrt::kinesis(async |_: Record<Card>| Ok::<_, lrt::Error>(())).harness(),
            events::kinesis().json(&card),
        )
        .await,
        log_and_error(lrt::kafka(async |_: Method| Ok::<_, lrt::Error>(())).harness(), events::kafka().json(&method))
            .await,
        log_and_error(lrt::http(async || ()).harness(), header).await,
        log_and_error(lrt::http(async |_: RequestContext<Account>| ()).harness(), account).await,
    ] {
        assert!(!text.starts_with("[]\n") && !text.contains(SECRET), "{text}");
    }
}
