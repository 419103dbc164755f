//! tower's layers, and a custom one, around the handling of one record.

use crate::batches::support::{ON_PURPOSE, failed, quiet_panics, sqs, stream};
use lrt::batch::RawRecord;
use lrt::dynamodb::Change;
use lrt::payload::Text;
use lrt::{BoxError, Error};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower::layer::layer_fn;
use tower::limit::{ConcurrencyLimitLayer, RateLimitLayer};
use tower::retry::{Policy, RetryLayer};
use tower::timeout::TimeoutLayer;
use tower_service::Service;

const SECOND: Duration = Duration::from_secs(1);

async fn sleep_for(seconds: u32) -> Result<(), lrt::Error> {
    sleep(SECOND * seconds).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn timeout_fails_the_slow_record_alone() {
    let (layered, start) = (lrt::sqs(sleep_for).record_layer(TimeoutLayer::new(2 * SECOND)), Instant::now());
    let outcome = layered.harness().invoke(sqs("q", &["1", "600", "1"])).await;
    assert_eq!(failed(&outcome), ["id-1"]);
    assert_eq!(start.elapsed().as_secs(), 2);
    assert!(outcome.logs()[0].contains("id-1 (delivery 3) failed: Function.Timeout: "), "{:?}", outcome.logs());
}

/// Retries the error `busy` a number of times.
#[derive(Clone)]
struct WhileBusy(u32);

impl Policy<RawRecord, (), BoxError> for WhileBusy {
    type Future = Ready<()>;

    fn retry(&mut self, record: &mut RawRecord, result: &mut Result<(), BoxError>) -> Option<Ready<()>> {
        assert!(record.receive_count().is_some() && !record.json().is_empty());
        let busy = result.as_ref().is_err_and(|error| error.to_string() == "busy");
        self.0 = self.0.checked_sub(u32::from(busy))?;
        busy.then(|| ready(()))
    }

    fn clone_request(&mut self, record: &RawRecord) -> Option<RawRecord> {
        Some(record.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn retry_repeats_only_the_failed_record() {
    let runs = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&runs);
    let flaky = move |n: usize| {
        let mut runs = seen.lock().unwrap();
        runs.push(n);
        let busy = runs.iter().filter(|run| **run == n).count() < n;
        async move { if busy { Err(Error::msg("busy")) } else { Ok(()) } }
    };
    let outcome =
        lrt::sqs(flaky).record_layer(RetryLayer::new(WhileBusy(3))).harness().invoke(sqs("q", &["0", "4", "5"])).await;
    // Busy four times: once more than there are retries.
    assert_eq!(failed(&outcome), ["id-2"]);
    assert_eq!(*runs.lock().unwrap(), [0, 4, 4, 4, 4, 5, 5, 5, 5]);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_spans_all_records_of_all_events() {
    let layered = lrt::sqs(sleep_for).record_layer(RateLimitLayer::new(2, SECOND));
    let (harness, start) = (layered.harness(), Instant::now());
    for _ in 0..2 {
        assert_eq!(failed(&harness.invoke(sqs("q", &["0"; 4])).await), [""; 0]);
    }
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn concurrency_limit_layer_applies_within_the_option() {
    let running = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&running);
    let handler = move |_: u32| {
        let running = Arc::clone(&counted);
        async move {
            assert!(running.fetch_add(1, Ordering::Relaxed) < 2);
            sleep(SECOND).await;
            running.fetch_sub(1, Ordering::Relaxed);
            Ok::<_, lrt::Error>(())
        }
    };
    let start = Instant::now();
    let layered = lrt::sqs(handler).concurrency(5).record_layer(ConcurrencyLimitLayer::new(2));
    assert_eq!(failed(&layered.harness().invoke(sqs("q", &["0"; 6])).await), [""; 0]);
    assert_eq!(start.elapsed().as_secs(), 3);
}

/// The identifiers of records that have succeeded, which the service may deliver again.
#[derive(Clone, Default)]
struct Succeeded(Arc<Mutex<HashSet<String>>>);

impl<S> tower_layer::Layer<S> for Succeeded {
    type Service = SkipsSucceeded<S>;

    fn layer(&self, inner: S) -> SkipsSucceeded<S> {
        SkipsSucceeded { done: self.clone(), inner }
    }
}

struct SkipsSucceeded<S> {
    done: Succeeded,
    inner: S,
}

impl<S> Service<RawRecord> for SkipsSucceeded<S>
where
    S: Service<RawRecord, Response = (), Error = BoxError, Future: Send + 'static>,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, record: RawRecord) -> Self::Future {
        let (Succeeded(done), id) = (self.done.clone(), record.id().to_string());
        if done.lock().unwrap().contains(&id) {
            return Box::pin(ready(Ok(())));
        }
        let handled = self.inner.call(record);
        Box::pin(async move {
            handled.await?;
            done.lock().unwrap().insert(id);
            Ok(())
        })
    }
}

#[tokio::test]
async fn custom_layer_skips_records_that_succeeded_before() {
    let runs = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&runs);
    // The second record fails when it is first handled.
    let handler = move |Text(body): Text| {
        let mut runs = seen.lock().unwrap();
        let fails = body == "b" && !runs.contains(&body);
        runs.push(body);
        async move { if fails { Err("busy") } else { Ok(()) } }
    };
    let harness = lrt::sqs(handler).record_layer(Succeeded::default()).harness();
    let event = sqs("q", &["a", "b", "c"]);
    assert_eq!(failed(&harness.invoke(&event).await), ["id-1"]);
    // The same event again, as if the response had been lost.
    assert_eq!(failed(&harness.invoke(&event).await), [""; 0]);
    assert_eq!(*runs.lock().unwrap(), ["a", "b", "c", "b"]);
}

#[tokio::test]
async fn record_layer_of_a_stream_sees_the_record() {
    let images = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&images);
    let layer = layer_fn(move |mut inner: lrt::SharedService<RawRecord, ()>| {
        let seen = Arc::clone(&seen);
        lrt::service_fn(move |record: RawRecord| {
            seen.lock().unwrap().push(record.payload().is_ok_and(|payload| payload.starts_with(b"{")));
            assert_eq!((record.receive_count(), record.id().as_str()), (None, "100"));
            inner.call(record)
        })
    });
    async fn index(_: Change<Value>) -> Result<(), lrt::Error> {
        Ok(())
    }
    let outcome = lrt::dynamodb(index).record_layer(layer).harness().invoke(stream(&[("a", json!({}))])).await;
    assert_eq!(failed(&outcome), [""; 0]);
    assert_eq!(*images.lock().unwrap(), [true]);
}

#[tokio::test(start_paused = true)]
async fn first_layer_is_the_outermost() {
    // Outside of the retry, the timeout applies to all runs together; inside, it applies to each run.
    async fn fails_slowly(_: u32) -> Result<(), Error> {
        sleep(2 * SECOND).await;
        Err(Error::msg("busy"))
    }
    let (timeout, retry) = (TimeoutLayer::new(3 * SECOND), RetryLayer::new(WhileBusy(3)));
    let event = sqs("q", &["0"]);
    let start = Instant::now();
    let outside = lrt::sqs(fails_slowly).record_layer(timeout.clone()).record_layer(retry.clone());
    assert!(outside.harness().invoke(&event).await.error().unwrap().message().contains("Function.Timeout"));
    assert_eq!(start.elapsed().as_secs(), 3);
    let inside = lrt::sqs(fails_slowly).record_layer(retry).record_layer(timeout);
    assert!(inside.harness().invoke(&event).await.error().unwrap().message().contains("Error: busy"));
    assert_eq!(start.elapsed().as_secs(), 3 + 8);
}

#[tokio::test]
async fn layer_is_built_from_the_value_of_init() {
    struct Limits(Succeeded);
    async fn init() -> Result<Limits, lrt::Error> {
        let limits = Limits(Succeeded::default());
        limits.0.0.lock().unwrap().insert("id-0".to_owned());
        Ok(limits)
    }
    async fn handler(_: u32) -> Result<(), Error> {
        Err(Error::msg("never"))
    }
    let layered = lrt::sqs(handler).init(init).record_layer_with(|limits: &Limits| limits.0.clone());
    assert_eq!(failed(&layered.harness().invoke(sqs("q", &["0", "1"])).await), ["id-1"]);
}

#[tokio::test]
async fn panicking_destructor_of_a_layer_fails_its_record_alone() {
    struct Bomb<F>(Pin<Box<F>>, bool);
    impl<F: Future> Future for Bomb<F> {
        type Output = F::Output;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
            self.0.as_mut().poll(cx)
        }
    }
    impl<F> Drop for Bomb<F> {
        fn drop(&mut self) {
            assert!(!self.1, "{ON_PURPOSE}: no connection to close");
        }
    }
    let layer = layer_fn(|mut inner: lrt::SharedService<RawRecord, ()>| {
        lrt::service_fn(move |record: RawRecord| {
            let last = record.id().as_str() == "id-1";
            Bomb(Box::pin(inner.call(record)), last)
        })
    });
    async fn handler(_: u32) -> Result<(), lrt::Error> {
        Ok(())
    }
    quiet_panics();
    let outcome = lrt::sqs(handler).record_layer(layer).harness().invoke(sqs("q", &["0"; 3])).await;
    assert_eq!(failed(&outcome), ["id-1"]);
}
