//! Records of every source.

use super::support::{Effects, Fault, SECOND, TestStore};
use lrt::batch::{Batch, BatchFailures, DecodeError, RawRecord};
use lrt::dynamodb::Change;
use lrt::firehose::Transform;
use lrt::idempotency::{Idempotency, MemoryStore};
use lrt::kinesis::Record;
use lrt::payload::{Sns, Text};
use lrt::s3::S3Object;
use lrt::sqs::Message;
use lrt::testing::simulate::RecordOutcome;
use lrt::testing::{Harness, TestContext, events, simulate};
use lrt::{BoxError, Context, Error, Handler, kafka};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::filter::FilterLayer;
use tower::layer::util::Identity;

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    id: String,
    amount: u32,
}

fn order(id: &str, amount: u32) -> Order {
    Order { id: id.to_owned(), amount }
}

#[tokio::test]
async fn by_takes_the_payload_of_every_source() {
    let once = || Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let orders = [order("a", 1), order("b", 1), order("a", 1)];
    let [first, second, third] = &orders;
    let effects = Effects::default();
    let count = || {
        let effects = effects.clone();
        move || {
            effects.happen();
            std::future::ready(Ok::<(), Error>(()))
        }
    };

    let (sqs, kinesis, kafka, dynamodb) = (count(), count(), count(), count());
    let harness = lrt::sqs(move |_: Message<Order>| sqs()).concurrency(1).record_layer(once()).harness();
    let outcome = harness.invoke(events::sqs().json(first).json(second).json(third)).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 2));

    let harness = lrt::kinesis(move |_: Record<Order>| kinesis()).record_layer(once()).harness();
    let outcome = harness.invoke(events::kinesis().json(first).json(second).json(third)).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 4));

    let harness = lrt::kafka(move |_: kafka::Record<Order>| kafka()).record_layer(once()).harness();
    let outcome = harness.invoke(events::kafka().json(first).json(second).json(third)).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 6));

    let harness = lrt::dynamodb(move |_: Change<Order>| dynamodb()).record_layer(once()).harness();
    let outcome = harness.invoke(events::dynamodb().insert(first).modify(&order("b", 0), second).insert(third)).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 8));
}

#[tokio::test]
async fn payload_may_be_text_an_envelope_or_a_tombstone() {
    let harness = |effects: &Effects| {
        let effects = effects.clone();
        move || {
            effects.happen();
            std::future::ready(Ok::<(), Error>(()))
        }
    };
    let effects = Effects::default();
    let handle = harness(&effects);
    let once = Idempotency::by(|text: &Text| text.0.clone()).store(MemoryStore::new());
    let texts = lrt::sqs(move |_: Text| handle()).concurrency(1).record_layer(once).harness();
    assert_eq!(texts.invoke(events::sqs().text("a").text("a")).await.batch_failures(), [""; 0]);
    assert_eq!(effects.count(), 1);

    let handle = harness(&effects);
    let once = Idempotency::by(|sns: &Sns<Order>| sns.message.id.clone()).store(MemoryStore::new());
    let notifications = lrt::sqs(move |_: Sns<Order>| handle()).concurrency(1).record_layer(once).harness();
    let envelope =
        |id: &str| json!({"Type": "Notification", "MessageId": id, "Message": r#"{"id":"a","amount":1}"#}).to_string();
    let outcome = notifications.invoke(events::sqs().text(envelope("1")).text(envelope("2"))).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 2));

    let handle = harness(&effects);
    let once =
        Idempotency::by(|order: &Option<Order>| order.as_ref().map_or("none".to_owned(), |order| order.id.clone()));
    let values = lrt::kafka(move |_: Option<Order>| handle()).record_layer(once.store(MemoryStore::new())).harness();
    let outcome = values.invoke(events::kafka().tombstone("k").json(&order("a", 1)).tombstone("k")).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 4));
}

#[tokio::test]
async fn payload_of_s3_is_the_entire_record() {
    #[derive(Deserialize)]
    struct Notification {
        s3: Entity,
    }
    #[derive(Deserialize)]
    struct Entity {
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        key: String,
    }
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move |_: S3Object| {
        noted.happen();
        std::future::ready(Ok::<(), Error>(()))
    };
    let once = Idempotency::by(|record: &Notification| record.s3.object.key.clone()).store(MemoryStore::new());
    let harness = lrt::s3(function).record_layer(once).harness();
    for (key, effect) in [("a", 1), ("b", 2), ("a", 2)] {
        let outcome = harness.invoke(events::s3().created(key)).await;
        assert!(outcome.is_ok(), "{key}: {:?}", outcome.logs());
        assert_eq!(effects.count(), effect, "{key}");
    }
}

#[tokio::test]
async fn tombstone_has_a_key_if_its_type_is_optional_or_a_layer_sets_its_payload() {
    let effects = Effects::default();
    let count = || {
        let effects = effects.clone();
        move |_: Option<Order>| {
            effects.happen();
            std::future::ready(Ok::<(), Error>(()))
        }
    };
    let once = || Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let harness = lrt::kafka(count()).record_layer(once()).harness();
    let outcome = harness.invoke(events::kafka().json(&order("a", 1)).tombstone("k")).await;
    assert_eq!((outcome.batch_failures().len(), effects.count()), (1, 1));
    assert!(outcome.logs()[0].contains("the record is a tombstone, which has no value"), "{:?}", outcome.logs());

    let fill = |record: RawRecord| Ok::<_, BoxError>(record.with_payload(r#"{"id":"a","amount":1}"#.into()));
    let harness = lrt::kafka(count()).record_layer(FilterLayer::new(fill)).record_layer(once()).harness();
    let outcome = harness.invoke(events::kafka().tombstone("k").tombstone("k")).await;
    assert_eq!((outcome.batch_failures().len(), effects.count()), (0, 2));
}

#[tokio::test]
async fn firehose_function_with_the_layer_fails_its_cold_start() {
    async fn transform(_: Order) -> Result<Transform<Text>, Error> {
        panic!("the function is not called")
    }
    let by = Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let by = lrt::firehose(transform).record_layer(Identity::new()).record_layer(by).harness();
    let by_record_id = |(): &()| Idempotency::by_record_id().store(MemoryStore::new());
    let by_record_id = lrt::firehose(transform).init(async || Ok::<_, Error>(())).record_layer_with(by_record_id);
    let event = || events::firehose().json(&order("a", 1));
    for outcome in [by.invoke(event()).await, by_record_id.harness().invoke(event()).await] {
        let message = outcome.error().unwrap().message();
        assert!(message.contains("`Idempotency` cannot be a layer of a Firehose function"), "{message}");
    }
}

#[tokio::test]
async fn batch_function_with_the_layer_around_all_records_fails_its_cold_start() {
    async fn pay(_: Order) -> Result<(), Error> {
        panic!("the function is not called")
    }
    async fn pay_all(_: Batch<Order>) -> Result<BatchFailures, Error> {
        panic!("the function is not called")
    }
    async fn transform(_: Order) -> Result<Transform<Text>, Error> {
        panic!("the function is not called")
    }
    let once = || Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let (first, expected) =
        (order("a", 1), "`Idempotency` cannot be a `layer` of a batch function: it belongs in `record_layer`");
    let record = lrt::sqs(pay).layer(Identity::new()).layer(once()).harness();
    let batch = lrt::kinesis(pay_all).init(async || Ok::<_, Error>(())).layer_with(move |(): &()| once()).harness();
    for outcome in [record.invoke(events::sqs().json(&first)).await, batch.invoke(events::kinesis().json(&first)).await]
    {
        let message = outcome.error().unwrap().message();
        assert!(message.starts_with(expected), "{message}");
    }
    let once = Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let outcome = lrt::firehose(transform).layer(once).harness().invoke(events::firehose().json(&first)).await;
    let message = outcome.error().unwrap().message();
    assert!(message.starts_with("`Idempotency` cannot be a layer of a Firehose function"), "{message}");
}

#[tokio::test]
async fn key_of_a_change_in_a_kinesis_stream_is_computed_from_its_new_image() {
    let change = |change: &events::ItemChange| events::kinesis_record().change("orders", change);
    let event = events::kinesis()
        .record(change(&events::insert(&order("a", 1))))
        .record(change(&events::modify(&order("b", 0), &order("b", 1))))
        .record(change(&events::insert(&order("a", 1))));
    let effects = Effects::default();
    let count = || {
        let effects = effects.clone();
        move || {
            effects.happen();
            std::future::ready(Ok::<(), Error>(()))
        }
    };
    let once = || Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let (changes, results) = (count(), count());
    let harness = lrt::kinesis(move |_: Change<Order>| changes()).record_layer(once()).harness();
    let outcome = harness.invoke(event.clone()).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 2));
    let removal = events::kinesis().record(change(&events::remove(&order("a", 1))));
    let error = harness.invoke(removal).await.error().unwrap().to_string();
    assert!(error.contains("the change has no new image"), "{error}");
    assert_eq!(effects.count(), 2);

    let function = move |_: Result<Change<Order>, DecodeError>| results();
    let outcome = lrt::kinesis(function).record_layer(once()).harness().invoke(event).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], 4));
}

#[tokio::test]
async fn by_record_id_handles_redeliveries_once_and_equal_payloads_twice() {
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move |_: Order| {
        noted.happen();
        std::future::ready(Ok::<(), Error>(()))
    };
    let once = Idempotency::by_record_id().store(MemoryStore::new());
    let harness = lrt::sqs(function).record_layer(once).harness();
    for _ in 0..2 {
        let batch = events::sqs().json(&order("a", 1)).json(&order("a", 1));
        assert_eq!(harness.invoke(batch).await.batch_failures(), [""; 0]);
    }
    assert_eq!(effects.count(), 2);
    // Another queue.
    assert_eq!(harness.invoke(events::sqs().queue("other").json(&order("a", 1))).await.batch_failures(), [""; 0]);
    assert_eq!(effects.count(), 3);
}

/// Partitions and offsets are those of one cluster. Several clusters can have topics of the same name.
#[tokio::test]
async fn by_record_id_distinguishes_kafka_clusters() {
    let record = json!({"topic": "orders", "partition": 0, "offset": 100, "value": "MQ=="});
    let event = |cluster: Value| {
        let mut event = json!({"eventSource": "aws:kafka", "records": {"orders-0": [record]}});
        event.as_object_mut().unwrap().extend(cluster.as_object().unwrap().clone());
        event
    };
    let pipe = |cluster: Value| {
        let mut record = record.clone();
        record.as_object_mut().unwrap().extend(cluster.as_object().unwrap().clone());
        json!([record])
    };
    let events = [
        event(
            json!({"eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/a/1", "bootstrapServers": "b:9092"}),
        ),
        event(
            json!({"eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/b/2", "bootstrapServers": "b:9092"}),
        ),
        event(json!({"eventSource": "SelfManagedKafka", "bootstrapServers": "c:9092"})),
        event(json!({"eventSource": "SelfManagedKafka", "bootstrapServers": "d:9092"})),
        event(json!({})),
        pipe(json!({"eventSource": "aws:kafka", "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/e/5"})),
        pipe(json!({"eventSource": "SelfManagedKafka", "bootstrapServers": "f:9092"})),
    ];
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move |_: u32| {
        noted.happen();
        std::future::ready(Ok::<(), Error>(()))
    };
    let harness = lrt::kafka(function).record_layer(Idempotency::by_record_id().store(MemoryStore::new())).harness();
    for (n, event) in events.iter().enumerate() {
        for _ in 0..2 {
            assert_eq!(harness.invoke(event).await.batch_failures(), [""; 0], "{event}");
        }
        assert_eq!(effects.count(), n + 1, "{event}");
    }
    // The event source mapping and the pipe of one cluster are the same source.
    let outcome = harness.invoke(pipe(json!({"bootstrapServers": "c:9092"}))).await;
    assert_eq!((outcome.batch_failures(), effects.count()), (vec![], events.len()));
}

#[tokio::test]
async fn record_that_cannot_have_a_key_fails_alone() {
    let once = || Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let function = async |_: Order| Ok::<_, Error>(());
    let harness = lrt::sqs(function).record_layer(once()).harness();
    let batch =
        events::sqs().json(&order("a", 1)).text("no JSON").json(&order("", 1)).json(&order(&"x".repeat(2048), 1));
    let outcome = harness.invoke(batch).await;
    assert_eq!(outcome.batch_failures(), ["message-2", "message-3", "message-4"]);
    let logs = outcome.logs().join("\n");
    for expected in [
        "DecodeError: the payload is not JSON",
        "IdempotencyInvalidKey: invalid idempotency key: it is empty",
        "IdempotencyInvalidKey: invalid idempotency key: 2057 bytes",
    ] {
        assert!(logs.contains(expected), "{expected}: {logs}");
    }

    let harness = lrt::dynamodb(async |_: Change<Order>| Ok::<_, Error>(())).record_layer(once()).harness();
    let outcome = harness.invoke(events::dynamodb().insert(&order("a", 1)).remove(&order("a", 1))).await;
    assert_eq!(outcome.batch_failures().len(), 1);
    let expected = "cannot compute the idempotency key: the change has no new image";
    assert!(outcome.logs()[0].contains(expected), "{:?}", outcome.logs());
}

/// Invokes a function of a kind, which counts its calls. Returns the number of failed records, that of calls, and the log.
macro_rules! invoke {
    ($kind:ident, $event:expr, $once:expr, |$parameter:tt: $type:ty| $result:expr) => {{
        let calls = Effects::default();
        let noted = calls.clone();
        let function = move |$parameter: $type| {
            noted.happen();
            std::future::ready::<Result<(), Error>>($result)
        };
        let outcome = lrt::$kind(function).record_layer($once).harness().invoke($event).await;
        (outcome.batch_failures().len(), calls.count(), outcome.logs().join("\n"))
    }};
}

/// Calls `$case!(kind, event, type of its record)` for each source, with two records of this JSON.
macro_rules! each_source {
    ($case:ident, $first:expr, $second:expr) => {
        $case!(sqs, events::sqs().json($first).json($second), Message<Order>);
        $case!(kinesis, events::kinesis().json($first).json($second), Record<Order>);
        $case!(kafka, events::kafka().json($first).json($second), kafka::Record<Order>);
        $case!(dynamodb, events::dynamodb().insert($first).insert($second), Change<Order>);
        let change = |item| events::kinesis_record().change("orders", &events::insert(item));
        $case!(kinesis, events::kinesis().record(change($first)).record(change($second)), Change<Order>);
    };
}

#[tokio::test]
async fn record_that_does_not_decode_reaches_a_function_that_takes_a_result() {
    let (valid, invalid) = (json!({"id": "a", "amount": 1}), json!({"id": "b"}));
    macro_rules! case {
        ($kind:ident, $event:expr, $record:ty) => {
            let store = TestStore::reliable();
            let once = || Idempotency::by(|order: &Order| order.id.clone()).store(store.clone());
            let (failures, calls, log) = invoke!($kind, $event, once(), |order: Result<$record, DecodeError>| {
                order.map(drop).map_err(Error::permanent)
            });
            assert_eq!((failures, calls), (0, 2), "{log}");
            assert!(log.contains("failed permanently and was acknowledged: DecodeError: "), "{log}");
            assert!(log.contains("missing field `amount`") && !log.contains("idempotency key"), "{log}");
            // The record without a key is not stored. The other one is.
            assert_eq!(store.calls(), ["lock", "complete"]);

            let (failures, calls, log) = invoke!($kind, $event, once(), |_: $record| Ok(()));
            assert_eq!((failures, calls), (1, 0), "{log}");
            assert!(log.contains("missing field `amount`"), "{log}");
            assert_eq!(store.calls(), ["lock", "complete", "lock"]);
        };
    }
    each_source!(case, &valid, &invalid);
}

#[tokio::test]
async fn function_is_not_called_if_only_the_type_of_the_key_does_not_decode() {
    #[derive(Deserialize)]
    struct Receipt {
        number: u32,
    }
    let (valid, invalid) = (json!({"id": "a", "amount": 1, "number": 7}), json!({"id": "b", "amount": 1}));
    macro_rules! case {
        ($kind:ident, $event:expr, $record:ty) => {
            let once = || Idempotency::by(|receipt: &Receipt| receipt.number).store(MemoryStore::new());
            let result = invoke!($kind, $event, once(), |order: Result<$record, DecodeError>| {
                order.map(drop).map_err(Error::permanent)
            });
            for (failures, calls, log) in [result, invoke!($kind, $event, once(), |_: $record| Ok(()))] {
                assert_eq!((failures, calls), (1, 1), "{log}");
                assert!(log.contains("DecodeError: cannot compute the idempotency key: "), "{log}");
                assert!(log.contains("missing field `number`"), "{log}");
            }
        };
    }
    each_source!(case, &valid, &invalid);

    // Types that contain the `Result`, one that is the payload, and a function that does not take the record at all.
    let event = || events::sqs().json(&valid).json(&invalid);
    let once = || Idempotency::by(|receipt: &Receipt| receipt.number).store(MemoryStore::new());
    for (failures, calls, log) in [
        invoke!(sqs, event(), once(), |_: Message<Result<Order, DecodeError>>| Ok(())),
        invoke!(sqs, event(), once(), |_: Result<Order, DecodeError>| Ok(())),
        invoke!(sqs, event(), once(), |_: Text| Ok(())),
        invoke!(sqs, event(), once(), |_: Context| Ok(())),
    ] {
        assert_eq!((failures, calls), (1, 1), "{log}");
        assert!(log.contains("cannot compute the idempotency key: missing field `number`"), "{log}");
    }
}

#[tokio::test]
async fn error_of_a_record_may_be_inside_of_its_type() {
    let once = || Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let notification =
        |order: &str| json!({"Type": "Notification", "MessageId": "1", "Message": order.to_owned()}).to_string();
    let event = || events::sqs().json(&order("a", 1)).text("no JSON");
    type Attempt<T> = Result<T, DecodeError>;

    let (failures, calls, log) = invoke!(sqs, event(), once(), |message: Message<Attempt<Order>>| message
        .body
        .map(drop)
        .map_err(Error::permanent));
    assert_eq!((failures, calls), (0, 2), "{log}");
    let (failures, calls, log) =
        invoke!(sqs, event(), once(), |order: Attempt<Order>| order.map(drop).map_err(Error::permanent));
    assert_eq!((failures, calls), (0, 2), "{log}");

    let once = Idempotency::by(|sns: &Sns<Order>| sns.message.id.clone()).store(MemoryStore::new());
    let event = events::sqs().text(notification(r#"{"id":"a","amount":1}"#)).text(notification("{}"));
    let (failures, calls, log) =
        invoke!(sqs, event, once, |sns: Sns<Attempt<Order>>| sns.message.map(drop).map_err(Error::permanent));
    assert_eq!((failures, calls), (0, 2), "{log}");
    assert!(log.contains("DecodeError: Message: missing field `id`"), "{log}");
}

/// The layer inside makes the record valid, but the key was computed before.
#[tokio::test]
async fn layer_inside_does_not_hide_that_there_is_no_key() {
    let replace = |record: RawRecord| Ok::<_, BoxError>(record.with_payload(r#"{"id":"a","amount":1}"#.into()));
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move |order: Result<Order, DecodeError>| {
        noted.happen();
        std::future::ready(order.map(drop).map_err(Error::permanent))
    };
    let once = Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let harness = lrt::sqs(function).record_layer(once).record_layer(FilterLayer::new(replace)).harness();
    let outcome = harness.invoke(events::sqs().json(&order("a", 1)).text("no JSON")).await;
    assert_eq!(outcome.batch_failures(), ["message-2"]);
    assert_eq!(effects.count(), 1);
    let log = &outcome.logs()[0];
    assert!(log.contains("DecodeError: cannot compute the idempotency key: the payload is not JSON"), "{log}");
}

#[tokio::test]
async fn records_with_the_same_key_in_one_batch_run_once() {
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move |order: Order| {
        let noted = noted.clone();
        async move {
            tokio::task::yield_now().await;
            noted.happen();
            if order.amount == 2 { Err(Error::msg("declined")) } else { Ok(()) }
        }
    };
    let once = Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let harness = lrt::sqs(function).record_layer(once).harness();
    let batch = events::sqs().json(&order("a", 1)).json(&order("a", 1)).json(&order("b", 2));
    let outcome = harness.invoke(batch).await;
    // The second record comes back.
    assert_eq!(outcome.batch_failures(), ["message-2", "message-3"]);
    assert!(outcome.logs()[0].contains("IdempotencyInProgress"), "{:?}", outcome.logs());
    assert_eq!(effects.count(), 2);
    let outcome = harness.invoke(events::sqs().json(&order("a", 1)).json(&order("b", 3)).json(&order("a", 9))).await;
    assert_eq!(outcome.batch_failures(), ["message-3"]);
    assert!(outcome.logs()[0].contains("IdempotencyMismatch"), "{:?}", outcome.logs());
    assert_eq!(effects.count(), 3);
}

#[tokio::test]
async fn permanent_error_is_acknowledged_again() {
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move |_: Order| {
        noted.happen();
        std::future::ready(Err::<(), _>(Error::permanent(Error::named("Stolen", "blocked"))))
    };
    let once = Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
    let harness = lrt::sqs(function).record_layer(once).harness();
    for _ in 0..2 {
        let outcome = harness.invoke(events::sqs().json(&order("a", 1))).await;
        assert!(outcome.is_ok() && outcome.batch_failures().is_empty());
        assert!(outcome.logs()[0].contains("failed permanently and was acknowledged: Stolen: blocked"));
    }
    assert_eq!(effects.count(), 1);
}

/// Two messages with the same order.
fn simulated(store: &TestStore, effects: &Effects) -> Harness<impl Handler + use<>> {
    let effects = effects.clone();
    let function = move |_: Order| {
        let effects = effects.clone();
        async move {
            tokio::task::yield_now().await;
            effects.happen();
            tokio::task::yield_now().await;
            Ok::<(), Error>(())
        }
    };
    let once = Idempotency::by(|order: &Order| order.id.clone()).store(store.clone());
    lrt::sqs(function).record_layer(once).harness().context(TestContext::new().deadline_in(10 * SECOND))
}

/// A store that fails at each of its operations in turn: every message is handled, and the effect is repeated only after it was
/// reported.
#[tokio::test(start_paused = true)]
async fn queue_is_handled_once_by_a_store_with_failures() {
    let mut reached = 0;
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::Pauses, Fault::PausesAfter] {
        for first in 0..8 {
            for second in [first, first + 1] {
                let store = TestStore::new(move |n| (n == first || n == second).then_some(fault));
                let effects = Effects::default();
                let messages = events::sqs().json(&order("a", 1)).json(&order("a", 1));
                let report = simulate::sqs(simulated(&store, &effects))
                    .messages(messages)
                    .visibility(60 * SECOND)
                    .max_receive(9)
                    .run()
                    .await;
                let done = report.with_outcome(RecordOutcome::Done);
                assert_eq!(done, ["message-1", "message-2"], "{fault:?} at {first} and {second}:\n{report}");
                let (count, reported) = (effects.count(), store.follows_unfinished());
                assert!(
                    (1..=1 + reported).contains(&count),
                    "{fault:?} at {first} and {second}: {count} effects, {reported} reported"
                );
                reached = reached.max(store.calls().len());
            }
        }
    }
    // Each operation failed in some run.
    assert!(reached >= 5, "{reached} operations");
}
