//! JSON functions: the protocol, step by step.

use super::support::{Effects, Fault, SECOND, TestStore, poll_once};
use lrt::idempotency::{Idempotency, MemoryStore, Store};
use lrt::payload::{EventBridge, Sns};
use lrt::testing::{Harness, Outcome, TestContext, events};
use lrt::{Error, Handler};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, serde::Deserialize)]
struct Order {
    id: u32,
    #[serde(default)]
    then: String,
}

/// Returns a function that has an effect, then does what its event says, and returns the number of effects.
fn charge<S: Store>(store: S, effects: &Effects) -> Harness<impl Handler + use<S>> {
    let effects = effects.clone();
    let function = move |order: Order| {
        let n = effects.happen();
        async move {
            match &*order.then {
                "fail" => return Err(Error::named("Declined", "no funds")),
                "fail permanently" => return Err(Error::permanent(Error::named("Stolen", "the card is blocked"))),
                "panic" => panic!("on purpose"),
                "hang" => std::future::pending().await,
                "talk" => return Ok("x".repeat(2000)),
                _ => {}
            }
            Ok(format!("charge {n}"))
        }
    };
    let once = Idempotency::by(|order: &Order| order.id).store(store);
    lrt::json(function).layer(once).harness()
}

fn error(outcome: &Outcome) -> (&str, &str) {
    let error = outcome.error().expect("the function fails");
    (error.error_type(), error.message())
}

fn order(id: u32) -> Value {
    json!({ "id": id })
}

#[tokio::test]
async fn completed_execution_is_answered_with_its_reply() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let (first, second) = (charge(store.clone(), &effects), charge(store.clone(), &effects));
    let reply = first.invoke(order(7)).await;
    assert_eq!(reply.body(), b"\"charge 1\"");
    assert_eq!(store.calls(), ["lock", "complete"]);
    let again = second.invoke(order(7)).await;
    assert_eq!(again.body(), reply.body());
    assert_eq!(store.calls(), ["lock", "complete", "lock"]);
    assert_eq!(second.invoke(order(8)).await.body(), b"\"charge 2\"");
}

#[tokio::test(start_paused = true)]
async fn reply_expires() {
    let effects = Effects::default();
    let function = {
        let effects = effects.clone();
        move |_: Order| {
            let n = effects.happen();
            async move { Ok::<_, Error>(n) }
        }
    };
    let once = Idempotency::by(|order: &Order| order.id).store(MemoryStore::new()).expires_after(60 * SECOND);
    let harness = lrt::json(function).layer(once).harness();
    for (seconds, expected) in [(0, 1), (59, 1), (1, 2)] {
        tokio::time::advance(seconds * SECOND).await;
        assert_eq!(harness.invoke(order(7)).await.reply::<usize>(), expected);
    }
}

#[tokio::test]
async fn execution_in_progress_is_an_error() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let (first, second) = (charge(store.clone(), &effects), charge(store.clone(), &effects));
    let mut running = first.invoke(json!({"id": 7, "then": "hang"}));
    assert!(poll_once(&mut running).await.is_pending());
    tokio::task::yield_now().await;
    assert!(poll_once(&mut running).await.is_pending());
    let outcome = second.invoke(json!({"id": 7, "then": "hang"})).await;
    let (name, message) = error(&outcome);
    assert_eq!(name, "IdempotencyInProgress");
    assert!(message.starts_with("another execution with this idempotency key is in progress; its lock expires in "));
    assert_eq!((effects.count(), store.calls()), (1, vec!["lock", "lock"]));
}

#[tokio::test]
async fn other_payload_with_the_same_key_is_an_error_unless_payloads_are_not_compared() {
    let effects = Effects::default();
    let harness = charge(MemoryStore::new(), &effects);
    assert!(harness.invoke(json!({"id": 7, "then": "x", "amount": 1})).await.is_ok());
    // The same JSON.
    assert!(harness.invoke(r#" { "amount" : 1, "then":"\u0078", "id":7 } "#).await.is_ok());
    let outcome = harness.invoke(json!({"id": 7, "then": "x", "amount": 2})).await;
    assert_eq!(error(&outcome), ("IdempotencyMismatch", "the idempotency key was used for another payload"));
    assert_eq!(effects.count(), 1);

    let once = Idempotency::by(|order: &Order| order.id).store(MemoryStore::new()).compare_payloads(false);
    let harness = lrt::json(async |order: Order| Ok::<_, Error>(order.then)).layer(once).harness();
    for then in ["a", "b"] {
        assert_eq!(harness.invoke(json!({"id": 7, "then": then})).await.reply::<String>(), "a");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_panics_and_timeouts_release_the_lock() {
    for (then, name) in [("fail", "Declined"), ("panic", "Function.Panic"), ("hang", "Function.Timeout")] {
        let (store, effects) = (TestStore::reliable(), Effects::default());
        let harness = charge(store.clone(), &effects).context(TestContext::new().deadline_in(3 * SECOND));
        for n in 1..=2 {
            let outcome = harness.invoke(json!({"id": 7, "then": then})).await;
            assert_eq!(error(&outcome).0, name);
            assert_eq!(outcome.logs().len(), 1, "{:?}", outcome.logs());
            assert_eq!((effects.count(), store.follows_unfinished()), (n, 0), "{then}");
        }
        assert_eq!(store.calls(), ["lock", "release", "lock", "release"], "{then}");
    }
}

#[tokio::test]
async fn permanent_error_is_completed() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let harness = charge(store.clone(), &effects);
    for _ in 0..2 {
        let outcome = harness.invoke(json!({"id": 7, "then": "fail permanently"})).await;
        assert_eq!(error(&outcome), ("Stolen", "the card is blocked"));
    }
    assert_eq!((effects.count(), store.calls()), (1, vec!["lock", "complete", "lock"]));
}

#[tokio::test]
async fn reply_above_the_limit_of_the_store_is_an_error_of_every_execution() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let harness = charge(store.clone(), &effects);
    for _ in 0..2 {
        let outcome = harness.invoke(json!({"id": 7, "then": "talk"})).await;
        let expected = "the reply is too large to be stored: 2002 bytes (limit: 1000)";
        assert_eq!(error(&outcome), ("IdempotencyReplyTooLarge", expected));
    }
    assert_eq!((effects.count(), store.calls()), (1, vec!["lock", "complete", "lock"]));
}

#[tokio::test(start_paused = true)]
async fn function_is_not_called_if_the_store_fails_or_is_slow() {
    let failures = [
        (Fault::Fails, "lock fails"),
        (Fault::LosesAnswer, "lock loses its answer"),
        (Fault::Pauses, "the store did not answer within 1500 ms"),
        (Fault::PausesAfter, "the store did not answer within 1500 ms"),
    ];
    for (fault, reason) in failures {
        let (store, effects) = (TestStore::failing(0, fault), Effects::default());
        let harness = charge(store.clone(), &effects).context(TestContext::new().deadline_in(3 * SECOND));
        let outcome = harness.invoke(order(7)).await;
        let message = format!("cannot lock the idempotency key, so the function was not called: {reason}");
        assert_eq!(error(&outcome), ("IdempotencyStoreFailed", &*message));
        // In case the lock was taken, it is released.
        assert_eq!((effects.count(), store.calls()), (0, vec!["lock", "release"]));
        assert_eq!(harness.invoke(order(7)).await.reply::<String>(), "charge 1", "{fault:?}");
        assert_eq!(store.follows_unfinished(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn lock_is_kept_if_the_reply_cannot_be_stored() {
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::Pauses, Fault::PausesAfter] {
        let (store, effects) = (TestStore::failing(1, fault), Effects::default());
        let harness = charge(store.clone(), &effects).context(TestContext::new().deadline_in(3 * SECOND));
        let outcome = harness.invoke(order(7)).await;
        let (name, message) = error(&outcome);
        assert_eq!(name, "IdempotencyStoreFailed");
        assert!(message.starts_with("the function has succeeded, but its reply cannot be stored: "), "{message}");
        let is_stored = matches!(fault, Fault::LosesAnswer | Fault::PausesAfter);
        let outcome = harness.invoke(order(7)).await;
        if is_stored {
            assert_eq!(outcome.reply::<String>(), "charge 1");
        } else {
            assert_eq!(error(&outcome).0, "IdempotencyInProgress");
        }
        assert_eq!(effects.count(), 1);
        // The lock of the first execution expires.
        tokio::time::advance(3 * SECOND).await;
        let outcome = harness.invoke(order(7)).await;
        assert_eq!(outcome.reply::<String>(), if is_stored { "charge 1" } else { "charge 2" });
        let warning = "WARN RequestId: [request-id] an earlier execution with this idempotency key was not completed, and may \
                       have had its effect: its process was killed, or its reply could not be stored";
        let logs: Vec<_> = outcome.logs().iter().map(|log| log.replace(outcome.request_id(), "[request-id]")).collect();
        assert_eq!(logs, if is_stored { vec![] } else { vec![warning.to_owned()] });
        assert_eq!(store.calls().iter().filter(|call| **call == "release").count(), 0);
    }
}

#[tokio::test]
async fn lock_that_cannot_be_released_is_logged_and_does_not_replace_the_error() {
    let (store, effects) = (TestStore::failing(1, Fault::Fails), Effects::default());
    let outcome = charge(store, &effects).invoke(json!({"id": 7, "then": "fail"})).await;
    assert_eq!(error(&outcome), ("Declined", "no funds"));
    let log = &outcome.logs()[0];
    assert!(log.contains("cannot release the lock of an idempotency key: release fails; it expires in "), "{log}");
}

#[tokio::test(start_paused = true)]
async fn lock_that_was_granted_after_the_deadline_is_not_used() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let harness = charge(store.clone(), &effects).context(TestContext::new().deadline_in(3 * SECOND));
    let mut suspended = harness.invoke(order(7));
    assert!(poll_once(&mut suspended).await.is_pending());
    tokio::time::advance(3 * SECOND).await;
    let outcome = suspended.await;
    let expected = "the lock of the idempotency key expired before the function was called";
    assert_eq!(error(&outcome), ("IdempotencyLockExpired", expected));
    assert_eq!(effects.count(), 0);
}

#[tokio::test]
async fn sent_again_envelope_is_the_same_payload() {
    let once = || Idempotency::by(|sns: &Sns<Order>| sns.message.id).store(MemoryStore::new());
    let harness = lrt::json(async |sns: Sns<Order>| Ok::<_, Error>(sns.message_id)).layer(once()).harness();
    let notification = |id: &str, amount| events::sns().id(id).json(&json!({"id": 7, "amount": amount}));
    assert_eq!(harness.invoke(notification("a", 1)).await.reply::<String>(), "a");
    assert_eq!(harness.invoke(notification("b", 1)).await.reply::<String>(), "a");
    assert_eq!(error(&harness.invoke(notification("c", 2)).await).0, "IdempotencyMismatch");

    let once = Idempotency::by(|event: &EventBridge<Order>| event.detail.id).store(MemoryStore::new());
    let harness = lrt::json(async |event: EventBridge<Order>| Ok::<_, Error>(event.id)).layer(once).harness();
    let event = |id: &str, amount| json!({"id": id, "detail-type": "Paid", "source": "shop", "detail": {"id": 7, "amount": amount}});
    assert_eq!(harness.invoke(event("a", 1)).await.reply::<String>(), "a");
    assert_eq!(harness.invoke(event("b", 1)).await.reply::<String>(), "a");
    assert_eq!(error(&harness.invoke(event("c", 2)).await).0, "IdempotencyMismatch");
}

#[tokio::test]
async fn functions_share_a_store() {
    let store = MemoryStore::new();
    let effects = Effects::default();
    for (name, expected) in [("a", "charge 1"), ("b", "charge 2"), ("a", "charge 1")] {
        let harness = charge(store.clone(), &effects).context(TestContext::new().function_name(name));
        assert_eq!(harness.invoke(order(7)).await.reply::<String>(), expected);
    }
}

#[tokio::test]
async fn store_may_be_borrowed_from_the_state() {
    struct App {
        store: Box<dyn Store>,
    }
    async fn connect() -> Result<App, Error> {
        Ok(App { store: Box::new(MemoryStore::new()) })
    }
    async fn echo(order: Order, _: &App) -> Result<String, Error> {
        Ok(order.then)
    }
    let harness = lrt::json(echo)
        .init(connect)
        .layer_with(|app: &App| Idempotency::by(|order: &Order| order.id).store(&app.store).compare_payloads(false))
        .harness();
    for then in ["a", "b"] {
        assert_eq!(harness.invoke(json!({"id": 7, "then": then})).await.reply::<String>(), "a");
    }
}

/// The guard stops the function 100 ms before the deadline, and the store has half of that time.
#[tokio::test(start_paused = true)]
async fn release_after_a_timeout_is_given_up_before_the_deadline() {
    let (store, effects) = (TestStore::failing(1, Fault::Pauses), Effects::default());
    let harness = charge(store.clone(), &effects).context(TestContext::new().deadline_in(3 * SECOND));
    let start = tokio::time::Instant::now();
    let outcome = harness.invoke(json!({"id": 7, "then": "hang"})).await;
    assert_eq!(error(&outcome).0, "Function.Timeout");
    assert_eq!(store.calls(), ["lock", "release"]);
    assert!(start.elapsed() < 3 * SECOND && start.elapsed() >= Duration::from_millis(2900), "{:?}", start.elapsed());
}
