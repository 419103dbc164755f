//! What is not in the log: values of events.

use lrt::http::RequestContext;
use lrt::kinesis::Record;
use lrt::payload::{EventBridge, Sns};
use lrt::prelude::{Batch, BatchFailures, Change, Message};
use lrt::testing::{Harness, IntoEvent, events};
use serde::Deserialize;
use serde_json::{Value, json};

/// What no line may say.
const SECRET: &str = "4111";

/// The log of one invocation, and the error that the caller gets.
async fn told<F>(harness: Harness<F>, event: impl IntoEvent) -> String {
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

async fn whole(batch: Batch<Message<Card>>) -> BatchFailures {
    batch.into_iter().for_each(drop);
    BatchFailures::new()
}

#[tokio::test]
async fn no_value_of_an_event_is_in_the_log() {
    let card = json!({ "id": 1, "number": SECRET });
    let method = json!({ SECRET: 1 });
    let odd = |value: Value| {
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
    for said in [
        told(lrt::json(async |_: Card| ()).harness(), card.clone()).await,
        told(lrt::json(async |_: Method| ()).harness(), method.clone()).await,
        told(lrt::json(async |_: u8| ()).harness(), json!(SECRET)).await,
        told(lrt::json(async |_: Sns<Card>| ()).harness(), events::sns().json(&card)).await,
        told(lrt::json(async |_: EventBridge<Card>| ()).harness(), events::eventbridge().detail(&card)).await,
        told(lrt::sqs(async |_: Card| ()).harness(), events::sqs().json(&card).json(&method).text(SECRET)).await,
        told(lrt::sqs(async |_: Sns<Method>| ()).harness(), events::sqs().json(&events::sns().json(&method))).await,
        told(lrt::sqs(whole).harness(), events::sqs().json(&card)).await,
        told(lrt::sqs(async |_: Card| ()).harness(), batch(json!("aws:sqs"))).await,
        told(lrt::sqs(async |_: Card| ()).harness(), batch(json!(SECRET))).await,
        told(lrt::sqs(async |_: Card| ()).harness(), batch(json!(["aws:sqs", SECRET]))).await,
        told(lrt::sqs(async |_: Card| ()).harness(), batch(json!(format!("aws:{SECRET}")))).await,
        told(lrt::dynamodb(async |_: Change<Card>| ()).harness(), events::dynamodb().insert(&card)).await,
        told(lrt::dynamodb(async |_: Change<Card>| ()).harness(), odd(json!({ "N": "4111x" }))).await,
        told(lrt::dynamodb(async |_: Change<Card>| ()).harness(), odd(json!({ "N": "4111.5" }))).await,
        told(lrt::dynamodb(async |_: Change<Card>| ()).harness(), odd(json!({ "BOOL": SECRET }))).await,
        told(lrt::dynamodb(async |_: Change<Card>| ()).harness(), named(SECRET)).await,
        told(lrt::kinesis(async |_: Record<Card>| ()).harness(), events::kinesis().json(&card)).await,
        told(lrt::kafka(async |_: Method| ()).harness(), events::kafka().json(&method)).await,
        told(lrt::http(async || ()).harness(), header).await,
        told(lrt::http(async |_: RequestContext<Account>| ()).harness(), account).await,
    ] {
        assert!(!said.starts_with("[]\n") && !said.contains(SECRET), "{said}");
    }
}
