//! Notifications of S3: each object is handled, and the entire event fails if an object does.

use crate::batches::support::{ON_PURPOSE, failed, quiet_panics};
use crate::samples::{kind, samples};
use lrt::batch::DecodeError;
use lrt::payload::{EventBridge, S3, Sns};
use lrt::s3::S3Object;
use lrt::testing::{TestContext, events};
use lrt::{Context, Error};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TEST_EVENT: &str = r#"{"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-01T00:00:00.000Z",
    "Bucket": "photos", "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR"}"#;

/// Returns the keys that a function receives for an event.
async fn keys_of(event: Value) -> Vec<String> {
    let keys = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&keys);
    let take = move |object: S3Object| {
        seen.lock().unwrap().push(object.key);
        async { Ok::<_, Error>(()) }
    };
    let outcome = lrt::s3(take).harness().invoke(event).await;
    assert_eq!(outcome.reply::<Value>(), Value::Null, "{:?}", outcome.logs());
    keys.lock().unwrap().clone()
}

#[tokio::test]
async fn keys_are_decoded_once() {
    let record =
        |key: &str| json!({"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": key}}});
    for (key, decoded) in [
        ("plain.jpg", "plain.jpg"),
        ("red+flower+%281%29.jpg", "red flower (1).jpg"),
        ("a%2Bb", "a+b"),
        ("a%2520b", "a%20b"),
        ("%E2%82%AC/%F0%9F%8C%B7", "€/🌷"),
        ("100%", "100%"),
        ("a%zz", "a%zz"),
        ("", ""),
    ] {
        assert_eq!(keys_of(json!({"Records": [record(key)]})).await, [decoded], "{key}");
        let keys = keys_of(events::s3().created(decoded).build()).await;
        assert_eq!(keys, [decoded], "the builder's {decoded}");
    }
    let both = json!({"Records": [record("a+b"), record("c+d")]});
    assert_eq!(keys_of(both).await, ["a b", "c d"]);
}

#[tokio::test]
async fn all_fields_are_decoded() {
    async fn take(object: S3Object, ctx: Context) -> Result<(), Error> {
        assert_eq!(object.bucket, "photos");
        assert_eq!(object.event, "ObjectCreated:Copy");
        assert_eq!((object.size, object.etag.as_deref()), (Some(7), Some("d41d")));
        assert_eq!((object.version_id.as_deref(), object.sequencer.as_deref()), (Some("v1"), Some("0A")));
        assert!(object.is_created() && !object.is_removed() && !ctx.request_id().is_empty());
        Ok(())
    }
    let object = events::object("a.jpg").event_name("ObjectCreated:Copy").size(7).etag("d41d");
    let event = events::s3().bucket("photos").object(object.version_id("v1").sequencer("0A"));
    let outcome = lrt::s3(take).harness().invoke(event).await;
    assert!(outcome.is_ok(), "{:?}", outcome.logs());
}

#[tokio::test]
async fn sample_events_decode_directly_and_in_a_queue() {
    async fn take(object: S3Object) -> Result<(), Error> {
        assert!(!object.bucket.is_empty() && !object.key.is_empty() && object.event.contains(':'), "{object:?}");
        Ok(())
    }
    async fn queued(event: S3) -> Result<(), Error> {
        assert!(!event.objects.is_empty());
        Ok(())
    }
    let files: Vec<_> = samples().into_iter().filter(|file| kind(file) == "s3").collect();
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        let outcome = lrt::s3(take).harness().invoke(&file).await;
        assert!(outcome.is_ok(), "{}: {:?}", file.display(), outcome.logs());
        let body = std::fs::read_to_string(&file).unwrap();
        let outcome = lrt::sqs(queued).harness().invoke(events::sqs().text(body)).await;
        assert_eq!(failed(&outcome), [""; 0], "{}: {:?}", file.display(), outcome.logs());
    }
}

/// Fails in the way that the key says.
async fn fail(object: S3Object) -> Result<(), Error> {
    match &*object.key {
        "error" => Err(Error::named("NoSpace", "the disk is full")),
        "permanent" => Err(Error::permanent(Error::named("NotAnImage", "unknown format"))),
        "panic" => panic!("{ON_PURPOSE}: an object"),
        "hang" => std::future::pending().await,
        _ => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn failure_of_an_object_is_the_error_of_the_invocation() {
    quiet_panics();
    let harness = lrt::s3(fail).harness().context(TestContext::new().deadline_in(Duration::from_secs(3)));
    for (keys, error) in [
        (&["ok"][..], None),
        (&["error"], Some("NoSpace")),
        (&["permanent"], None),
        (&["panic"], Some("Function.Panic")),
        (&["hang"], Some("Function.Timeout")),
        // Objects after a failed one are handled as well, since S3 does not order them.
        (&["ok", "error", "panic"], Some("NoSpace")),
        (&["permanent", "ok"], None),
    ] {
        let event = keys.iter().fold(events::s3(), |event, key| event.created(*key));
        let outcome = harness.invoke(event).await;
        assert_eq!(outcome.error().map(|error| error.error_type().to_owned()).as_deref(), error, "{keys:?}");
        let lines = outcome.logs().iter().filter(|line| line.contains("NoSpace")).count();
        assert_eq!(lines, usize::from(error == Some("NoSpace")), "{keys:?}: {:?}", outcome.logs());
    }
    let outcome = harness.invoke(events::s3().created("permanent")).await;
    assert_eq!(outcome.logs().len(), 1, "{:?}", outcome.logs());
    assert!(outcome.logs()[0].contains("failed permanently and was acknowledged: NotAnImage"), "{:?}", outcome.logs());
    let outcome = harness.invoke(events::s3().object(events::object("error").sequencer("0A"))).await;
    let line = &outcome.logs()[0];
    assert!(line.contains("record EXAMPLE:0A failed: NoSpace: the disk is full; Lambda retries the event"), "{line}");
}

#[tokio::test]
async fn test_event_succeeds_without_a_call() {
    async fn never(_: S3Object) -> Result<(), Error> {
        panic!("the event has no object")
    }
    let outcome = lrt::s3(never).harness().invoke(TEST_EVENT).await;
    assert_eq!(outcome.reply::<Value>(), Value::Null);
    assert!(outcome.logs().is_empty(), "{:?}", outcome.logs());
}

#[tokio::test]
async fn test_event_in_a_queue_or_topic_is_acknowledged() {
    async fn queued(event: S3) -> Result<(), Error> {
        assert_eq!(event.objects, []);
        Ok(())
    }
    async fn published(event: Sns<S3>) -> Result<(), Error> {
        assert_eq!(event.message.objects, []);
        Ok(())
    }
    let outcome = lrt::sqs(queued).harness().invoke(events::sqs().text(TEST_EVENT)).await;
    assert_eq!(failed(&outcome), [""; 0]);
    let notification = events::sns().text(TEST_EVENT);
    let outcome = lrt::sqs(published).harness().invoke(events::sqs().json(&notification)).await;
    assert_eq!(failed(&outcome), [""; 0]);
    assert!(lrt::json(published).harness().invoke(notification).await.is_ok());
}

/// A documented event: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>. Its key is not encoded.
fn bridged() -> events::EventBridgeEvent {
    let detail = json!({
        "version": "0",
        "bucket": {"name": "photos"},
        "object": {"key": "red+flower 100%25.jpg", "size": 5, "etag": "b1946ac9", "version-id": "IYV3p45B", "sequencer": "617f"},
        "request-id": "N4N7GDK58NMKJ12R",
        "requester": "123456789012",
        "source-ip-address": "1.2.3.4",
        "reason": "PutObject",
    });
    events::eventbridge().source("aws.s3").detail_type("Object Created").detail(&detail)
}

#[tokio::test]
async fn objects_in_envelopes_are_decoded_and_keys_of_eventbridge_are_unchanged() {
    fn check(objects: &[S3Object]) -> Result<(), Error> {
        let [object] = objects else { panic!("{objects:?}") };
        assert_eq!(
            (&*object.bucket, &*object.key, &*object.event),
            ("photos", "red+flower 100%25.jpg", "Object Created")
        );
        assert_eq!((object.size, object.version_id.as_deref()), (Some(5), Some("IYV3p45B")));
        assert!(object.is_created());
        Ok(())
    }
    async fn whole(event: S3) -> Result<(), Error> {
        check(&event.objects)
    }
    async fn detail(event: EventBridge<S3>) -> Result<(), Error> {
        check(&event.detail.objects)
    }
    async fn attempted(event: EventBridge<Result<S3, DecodeError>>) -> Result<(), Error> {
        check(&event.detail?.objects)
    }
    for outcome in [
        lrt::eventbridge(whole).harness().invoke(bridged()).await,
        lrt::eventbridge(detail).harness().invoke(bridged()).await,
        lrt::eventbridge(attempted).harness().invoke(bridged()).await,
        lrt::json(detail).harness().invoke(bridged()).await,
        lrt::sqs(whole).harness().invoke(events::sqs().json(&bridged())).await,
        lrt::sqs(detail).harness().invoke(events::sqs().json(&bridged())).await,
    ] {
        assert!(outcome.is_ok(), "{:?}", outcome.logs());
    }
    async fn published(event: Sns<S3>) -> Result<(), Error> {
        assert_eq!(event.message.objects[0].key, "red flower.jpg");
        Ok(())
    }
    let notification = events::sns().json(&events::s3().created("red flower.jpg"));
    let outcome = lrt::sqs(published).harness().invoke(events::sqs().json(&notification)).await;
    assert!(outcome.is_ok(), "{:?}", outcome.logs());
}

#[tokio::test]
async fn invalid_events_are_errors_that_name_the_cause() {
    let record =
        |s3: Value| json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]});
    for (event, error) in [
        (events::sqs().text("1").build(), "expected an event from aws:s3, got one from aws:sqs"),
        (bridged().build(), "invalid event: missing field `Records` (expected an event from aws:s3)"),
        (json!([1]), "invalid S3 record: invalid type: integer, expected a record of a notification"),
        (json!({"Event": "s3:Other"}), "missing field `Records`"),
        (record(json!({"bucket": {"name": "b"}})), "invalid S3 record: missing field `object` at s3"),
        (record(json!({"bucket": {"name": "b"}, "object": {}})), "invalid S3 record: missing field `key` at s3.object"),
        (
            record(json!({"bucket": {"name": "b"}, "object": {"key": "a", "size": -1}})),
            "invalid S3 record: invalid value: integer, expected u64 at s3.object.size",
        ),
        (
            record(json!({"bucket": {"name": "b"}, "object": {"key": "SECRET%FF"}})),
            "invalid S3 record: s3.object.key does not decode to UTF-8",
        ),
        (
            record(json!({"bucket": {"name": "b"}, "object": {"key": 7}})),
            "invalid S3 record: invalid type: integer, expected a string at s3.object.key",
        ),
    ] {
        let outcome = lrt::s3(fail).harness().invoke(event.clone()).await;
        let found = outcome.error().unwrap_or_else(|| panic!("{event} was accepted")).message().to_owned();
        assert!(found.contains(error), "{event}: {found}");
        assert!(!format!("{found} {:?}", outcome.logs()).contains("SECRET"), "{found}");
    }
    async fn attempt(object: Result<S3Object, DecodeError>) -> Result<(), Error> {
        assert!(object.is_err_and(|error| error.id().is_some()));
        Ok(())
    }
    assert!(lrt::s3(attempt).harness().invoke(record(json!({}))).await.is_ok());
    async fn queued(_: S3) -> Result<(), Error> {
        Ok(())
    }
    let outcome = lrt::sqs(queued).harness().invoke(events::sqs().json(&events::sns().text("{}"))).await;
    assert!(outcome.logs()[0].contains("take `lrt::payload::Sns<T>`"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn records_have_distinct_ids() {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let ids = Arc::clone(&seen);
    let layer = tower::layer::layer_fn(move |inner| {
        let ids = Arc::clone(&ids);
        let note = move |record: lrt::batch::RawRecord| {
            ids.lock().unwrap().push(record.id().to_string());
            record
        };
        tower::util::MapRequest::new(inner, note)
    });
    async fn take(_: S3Object) -> Result<(), Error> {
        Ok(())
    }
    let minimal = |key: &str| json!({"eventName": "e:f", "s3": {"bucket": {"name": "b"}, "object": {"key": key}}});
    let harness = lrt::s3(take).record_layer(layer).harness();
    for event in [events::s3().created("a").created("b").build(), json!({"Records": [minimal("a"), minimal("b")]})] {
        assert!(harness.invoke(event.clone()).await.is_ok());
        let first = std::mem::take(&mut *seen.lock().unwrap());
        assert!(first.len() == 2 && first[0] != first[1], "{first:?}");
        // A retry has the same identifiers.
        assert!(harness.invoke(event).await.is_ok());
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), first);
    }
}
