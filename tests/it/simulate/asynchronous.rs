//! Asynchronous invocations of S3: Lambda retries the entire event.

use lrt::Error;
use lrt::s3::S3Object;
use lrt::testing::{events, simulate};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Fails as often as the key says.
fn fails(
    calls: &'static AtomicU32,
) -> impl Fn(S3Object) -> std::future::Ready<Result<(), Error>> + Clone + Send + Sync {
    move |object| {
        let fails = object.key.parse().unwrap_or(0);
        let call = calls.fetch_add(1, Ordering::Relaxed);
        std::future::ready(if call < fails { Err(Error::msg("not yet")) } else { Ok(()) })
    }
}

#[tokio::test(start_paused = true)]
async fn event_is_retried_after_one_and_two_minutes() {
    for (fails_for, expected) in
        [("0", "done at 0s"), ("1", "done at 60s"), ("2", "done at 180s"), ("3", "discarded at 180s")]
    {
        let calls: &'static AtomicU32 = Box::leak(Box::default());
        let report = simulate::s3(lrt::s3(fails(calls)).harness()).event(events::s3().created(fails_for)).run().await;
        assert!(report.to_string().contains(expected), "{fails_for}: {report}");
        assert!(report.converged());
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_independent_and_retries_can_be_limited() {
    async fn thumb(object: S3Object) -> Result<(), Error> {
        match object.key.as_str() {
            "bad" => Err(Error::msg("never")),
            "permanent" => Err(Error::permanent(Error::msg("never"))),
            _ => Ok(()),
        }
    }
    let harness = lrt::s3(thumb).harness();
    let run = |retries| {
        simulate::s3(&harness)
            .event(events::s3().created("bad"))
            .event_at(Duration::from_secs(30), events::s3().created("good").created("permanent"))
            .max_retries(retries)
            .on_failure_destination()
    };
    assert_eq!(
        run(1).run().await.to_string(),
        "\
record     deliveries  at      ended
bad        2           0s 60s  on-failure destination at 60s
good       1           30s     done at 30s
permanent  1           30s     done at 30s
"
    );
    let report = run(0).run().await;
    assert_eq!((report.invocations(), report.record("bad").deliveries().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "invalid number of retries 3 (expected 0 to 2)")]
async fn more_retries_than_lambda_allows_are_rejected() {
    async fn thumb(_: S3Object) -> Result<(), Error> {
        Ok(())
    }
    simulate::s3(lrt::s3(thumb).harness()).max_retries(3).run().await;
}

#[test]
#[should_panic(expected = "two objects have the key a (keys must be unique)")]
fn repeated_keys_are_rejected() {
    async fn thumb(_: S3Object) -> Result<(), Error> {
        Ok(())
    }
    drop(simulate::s3(lrt::s3(thumb).harness()).event(events::s3().created("a").created("a")));
}
