//! Stored replies that are damaged, and a store of one's own.

use super::support::{Effects, SECOND};
use lrt::idempotency::{CompleteOutcome, Idempotency, Lock, LockOutcome, Store, StoreError, StoreFuture, StoredReply};
use lrt::testing::events;
use std::future::ready;

/// A store in which every key has this reply.
struct Fixed(StoredReply);

impl Store for Fixed {
    fn lock<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, LockOutcome> {
        Box::pin(ready(Ok(LockOutcome::Completed { reply: self.0.clone(), fingerprint: None })))
    }

    fn complete<'a>(&'a self, _: &'a Lock, _: &'a StoredReply) -> StoreFuture<'a, CompleteOutcome> {
        Box::pin(ready(Err(StoreError::new("it is read-only"))))
    }

    fn release<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, ()> {
        Box::pin(ready(Ok(())))
    }

    fn max_reply_bytes(&self) -> usize {
        0
    }
}

fn fixed(data: &str, is_error: bool) -> Fixed {
    Fixed(StoredReply { data: data.to_owned(), is_error })
}

#[tokio::test]
async fn damaged_reply_is_an_error_and_the_function_is_not_called() {
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move || {
        noted.happen();
        ready("paid")
    };
    for (data, is_error) in [("", false), ("{}", false), (r#"{"statusCode":"secret"}"#, false), (r#""secret""#, true)] {
        let once = Idempotency::by_header("idempotency-key").store(fixed(data, is_error));
        let harness = lrt::http_api(function.clone()).layer(once).harness();
        let outcome = harness.invoke(events::http_api().post("/").header("idempotency-key", "k")).await;
        assert_eq!((outcome.http().status(), effects.count()), (500, 0), "{data}");
        let log = outcome.logs().join("\n");
        assert!(log.contains("IdempotencyStoreFailed") && log.contains("the stored reply is damaged: "), "{log}");
        assert!(!log.contains("secret"), "{log}");
    }
}

#[tokio::test]
async fn fingerprint_that_is_absent_is_not_compared() {
    let once = Idempotency::by(|id: &u32| *id).store(fixed("\"stored\"", false)).expires_after(SECOND);
    let harness = lrt::json(async |id: u32| Ok::<_, lrt::Error>(id)).layer(once).harness();
    assert_eq!(harness.invoke("7").await.body(), b"\"stored\"");
}

#[tokio::test]
async fn event_that_does_not_decode_is_an_error_of_the_event() {
    let once = Idempotency::by(|id: &u32| *id).store(fixed("1", false));
    let harness = lrt::json(async |id: u32| Ok::<_, lrt::Error>(id)).layer(once).harness();
    let outcome = harness.invoke("\"x\"").await;
    let error = outcome.error().unwrap();
    assert_eq!(error.error_type(), "Runtime.UnmarshalError");
    assert_eq!(
        error.message(),
        "cannot compute the idempotency key: invalid type: string, expected u32 at line 1 column 3"
    );
}

#[test]
#[should_panic(expected = "`idempotency key` is not a valid name of a header")]
fn invalid_name_of_a_header_panics() {
    let _ = Idempotency::by_header("idempotency key");
}
