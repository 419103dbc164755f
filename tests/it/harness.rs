//! The harness, which handles events as in Lambda.

use lrt::testing::{FunctionError, Harness, Outcome, TestContext};
use lrt::{Context, DeadlineMargin, Error};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};

/// Returns the type and the message of the error.
fn error(outcome: &Outcome) -> (&str, &str) {
    let error: &FunctionError = outcome.error().expect("this is an error");
    assert!(!outcome.is_ok());
    (error.error_type(), error.message())
}

fn snapshot(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap()
}

async fn echo(value: Value) -> Result<Value, lrt::Error> {
    Ok(value)
}

#[tokio::test(start_paused = true)]
async fn function_past_its_deadline_times_out_on_the_paused_clock() {
    async fn slow(ctx: Context) -> Result<u64, lrt::Error> {
        sleep(Duration::from_secs(3600)).await;
        Ok(ctx.remaining().as_secs())
    }
    let harness = lrt::json(slow).harness().context(TestContext::new().deadline_in(Duration::from_secs(5)));
    let (real, paused) = (SystemTime::now(), Instant::now());
    let outcome = harness.invoke("").await;
    let message = "function stopped: still running 100 ms before its deadline";
    assert_eq!(error(&outcome), ("Function.Timeout", message));
    assert_eq!(paused.elapsed(), Duration::from_millis(4900));
    assert!(real.elapsed().unwrap() < Duration::from_secs(4), "no real time has passed");
    let expected = "function stopped: still running [time] before its deadline";
    assert!(snapshot(&outcome).contains(expected), "{outcome:?}");

    // The function's own margin applies, even if it is off.
    let harness = lrt::json(slow).deadline_margin(Duration::from_secs(2)).harness();
    let start = Instant::now();
    let outcome = harness.context(TestContext::new().deadline_in(Duration::from_secs(5))).invoke("").await;
    assert_eq!(error(&outcome).0, "Function.Timeout");
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    let harness = lrt::json(slow).deadline_margin(DeadlineMargin::Off).harness();
    assert_eq!(harness.invoke("").await.reply::<u64>(), 0);
    let harness = lrt::json(slow).harness().context(TestContext::new().without_deadline());
    assert_eq!(harness.invoke("").await.reply::<u64>(), 900);
}

#[tokio::test(start_paused = true)]
async fn remaining_time_follows_the_paused_clock() {
    async fn times(ctx: Context) -> Result<[Duration; 3], lrt::Error> {
        let start = ctx.remaining();
        sleep(Duration::from_secs(600)).await;
        let until = ctx.deadline().unwrap().duration_since(SystemTime::now()).unwrap();
        Ok([start, ctx.remaining(), until])
    }
    let [start, later, on_the_wall] = lrt::json(times).harness().invoke("").await.reply::<[Duration; 3]>();
    assert_eq!(start, Duration::from_secs(900));
    assert_eq!(later, Duration::from_secs(300));
    assert!(on_the_wall <= start && on_the_wall > Duration::from_secs(890), "the wall clock does not pause");
}

#[tokio::test]
async fn context_has_the_values_of_the_test() {
    async fn all(ctx: Context) -> Result<Value, lrt::Error> {
        Ok(json!([
            [ctx.request_id(), ctx.function_arn(), ctx.trace_id(), ctx.tenant_id(), ctx.client_context()],
            [ctx.identity(), ctx.function_name(), ctx.function_version(), ctx.memory_mb(), ctx.log_group()],
            [ctx.log_stream(), ctx.cold_start(), ctx.deadline().is_some()],
        ]))
    }
    let harness = lrt::json(all).name("whole").harness();
    let context = TestContext::new()
        .request_id("id-1")
        .function_arn("arn:x")
        .trace_id("Root=1")
        .tenant_id("blue")
        .client_context("{}")
        .identity("{\"id\":1}")
        .function_name("other")
        .function_version("7")
        .memory_mb(512)
        .log_group("/group")
        .log_stream("stream")
        .cold_start(false)
        .without_deadline();
    assert_eq!(
        harness.context(context).invoke("").await.reply::<Value>(),
        json!([
            ["id-1", "arn:x", "Root=1", "blue", "{}"],
            ["{\"id\":1}", "other", "7", 512, "/group"],
            ["stream", false, false],
        ])
    );
    let outcome = harness.invoke("").await;
    let stream = "2026/01/01/[$LATEST]00000000000000000000000000000000";
    let trace = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";
    assert_eq!(
        serde_json::to_value(&outcome).unwrap(),
        json!({ "reply": [
            ["[request-id]", "arn:aws:lambda:us-east-1:012345678912:function:whole", trace, null, null],
            [null, "whole", "$LATEST", 128, "/aws/lambda/whole"],
            // The previous event was the first of this environment.
            [stream, false, true],
        ] })
    );
    assert_eq!(outcome.request_id().len(), 36);
    assert_ne!(harness.invoke("").await.request_id(), outcome.request_id());
}

#[tokio::test]
async fn first_event_is_the_cold_start() {
    async fn cold(ctx: Context) -> Result<bool, lrt::Error> {
        Ok(ctx.cold_start())
    }
    let harness = lrt::json(cold).harness();
    assert!(harness.context(TestContext::new()).invoke("").await.reply::<bool>());
    assert!(!harness.invoke("").await.reply::<bool>());
    assert!(harness.context(TestContext::new().cold_start(true)).invoke("").await.reply::<bool>());
    assert!(!harness.invoke("").await.reply::<bool>());
}

#[tokio::test]
async fn concurrent_events_are_handled_one_after_the_other() {
    static RUNNING: AtomicU32 = AtomicU32::new(0);
    async fn alone() -> Result<u32, lrt::Error> {
        let others = RUNNING.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(5)).await;
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        Ok(others)
    }
    let harness = lrt::json(alone).harness();
    let (a, b) = tokio::join!(harness.invoke(""), harness.invoke(""));
    assert_eq!((a.reply::<u32>(), b.reply::<u32>()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn layers_wrap_the_function() {
    async fn slow(ms: u64) -> Result<u64, lrt::Error> {
        sleep(Duration::from_millis(ms)).await;
        Ok(ms)
    }
    let harness = lrt::json(slow).layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(5))).harness();
    assert_eq!(harness.invoke("4999").await.reply::<u64>(), 4999);
    let start = Instant::now();
    assert_eq!(error(&harness.invoke("60000").await).1, "request timed out");
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

struct Db(&'static str);

async fn stored(key: String, db: &Db) -> Result<String, lrt::Error> {
    Ok(format!("{key} in {}", db.0))
}

#[tokio::test]
async fn init_runs_once_before_the_first_event() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    async fn connect() -> Result<Db, lrt::Error> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        Ok(Db("init's"))
    }
    let harness = lrt::json(stored).init(connect).harness();
    assert_eq!(RUNS.load(Ordering::SeqCst), 0);
    let harness = harness.await;
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    assert_eq!(harness.invoke("\"a\"").await.reply::<String>(), "a in init's");
    assert_eq!(harness.invoke("\"b\"").await.reply::<String>(), "b in init's");
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn failed_init_is_the_error_of_the_event_and_runs_again() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    async fn connect() -> Result<Db, Error> {
        match RUNS.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Error::named("NoDatabase", "it is down")),
            1 => panic!("on purpose"),
            _ => Ok(Db("init's")),
        }
    }
    let harness = lrt::json(stored).init(connect).harness();
    let outcome = harness.invoke("\"a\"").await;
    assert_eq!(error(&outcome), ("NoDatabase", "it is down"));
    assert_eq!(outcome.logs(), ["ERROR init failed: NoDatabase: it is down"]);
    let outcome = harness.invoke("\"a\"").await;
    assert_eq!(error(&outcome).0, "Function.Panic");
    assert_eq!(
        snapshot(&outcome),
        r#"{"error":{"errorType":"Function.Panic","errorMessage":"panicked at tests/it/harness.rs:[line]: on purpose","stackTrace":[]}}"#
    );
    assert_eq!(harness.invoke("\"a\"").await.reply::<String>(), "a in init's");
}

#[tokio::test]
#[should_panic(expected = "init failed: ParseIntError: invalid digit found in string")]
async fn awaiting_a_harness_with_failed_init_panics() {
    async fn connect() -> Result<(), std::num::ParseIntError> {
        "x".parse::<u8>().map(drop)
    }
    let _ = lrt::json(echo).init(connect).harness().await;
}

#[tokio::test]
async fn panic_is_a_function_error_and_the_next_event_is_handled() {
    async fn check(n: u32) -> Result<u32, lrt::Error> {
        assert!(n > 0, "nothing left");
        Ok(n)
    }
    let harness = lrt::json(check).harness();
    let outcome = harness.invoke("0").await;
    let (name, message) = error(&outcome);
    assert_eq!(name, "Function.Panic");
    assert!(
        message.starts_with("panicked at tests/it/harness.rs:") && message.ends_with(": nothing left"),
        "{message}"
    );
    assert_eq!(harness.invoke("1").await.reply::<u32>(), 1);
}

#[tokio::test(start_paused = true)]
async fn wait_until_work_has_finished_when_the_outcome_is_returned() {
    static DONE: AtomicU32 = AtomicU32::new(0);
    async fn later(fails: bool, ctx: Context) -> Result<u32, lrt::Error> {
        ctx.wait_until(async move {
            sleep(Duration::from_secs(60)).await;
            DONE.fetch_add(1, Ordering::SeqCst);
            assert!(!fails, "on purpose");
        });
        Ok(DONE.load(Ordering::SeqCst))
    }
    let harness = lrt::json(later).harness();
    let outcome = harness.invoke("false").await;
    assert_eq!(outcome.reply::<u32>(), 0, "the reply was there first");
    assert_eq!(DONE.load(Ordering::SeqCst), 1);
    assert!(outcome.logs().is_empty());

    let outcome = harness.invoke("true").await.with_logs();
    assert_eq!(
        snapshot(&outcome),
        "{\"reply\":1,\"logs\":[\"ERROR RequestId: [request-id] wait_until: Function.Panic: \
         panicked at tests/it/harness.rs:[line]: on purpose\"]}"
    );
    let context = TestContext::new().deadline_in(Duration::from_secs(1));
    let outcome = harness.context(context).invoke("false").await;
    assert_eq!(outcome.reply::<u32>(), 2);
    assert!(outcome.logs()[0].ends_with("deadline reached: dropped 1 unfinished background task"));
}

/// Functions with `#[lambda]`, which must be in the root of a crate.
#[allow(dead_code)]
mod attribute {
    use super::*;

    #[lrt::lambda(init = connect, deadline_margin = Duration::from_secs(1))]
    async fn lookup(key: String, db: &Arc<str>, limit: &u8, ctx: Context) -> Result<String, Error> {
        if ctx.remaining() <= Duration::from_secs(1) {
            std::future::pending::<()>().await;
        }
        Ok(format!("{key} {db} {limit}"))
    }

    async fn connect() -> Result<(Arc<str>, u8), Error> {
        Ok((std::env::var("LRT_NO_SUCH_VARIABLE")?.into(), 1))
    }

    #[tokio::test]
    async fn state_replaces_the_value_of_init() {
        let harness = Harness::<lookup>::with_state((Arc::<str>::from("fake"), 7));
        assert_eq!(harness.invoke("\"a\"").await.reply::<String>(), "a fake 7");
        assert!(harness.context(TestContext::new().function_name("x")).invoke("\"a\"").await.is_ok());
    }

    #[tokio::test]
    async fn init_runs_without_a_state() {
        let outcome = Harness::<lookup>::new().invoke("\"a\"").await;
        assert_eq!(error(&outcome), ("VarError", "environment variable not found"));
        assert_eq!(Harness::<lookup>::default().invoke("\"a\"").await.error(), outcome.error());
    }

    #[tokio::test(start_paused = true)]
    async fn options_of_the_attribute_apply() {
        let harness = Harness::<lookup>::with_state((Arc::<str>::from("fake"), 7));
        let context = TestContext::new().deadline_in(Duration::from_secs(1));
        assert_eq!(error(&harness.context(context).invoke("\"a\"").await).0, "Function.Timeout");
        assert_eq!(format!("{harness:?}"), "Harness { function: \"lookup\", .. }");
    }
}

/// A function with layers and record layers that use the value of init.
#[allow(dead_code)]
mod layered {
    use super::*;
    use lrt::prelude::*;
    use tower::timeout::TimeoutLayer;

    struct Limits {
        event: Duration,
        record: Duration,
    }

    async fn limits() -> Result<(Limits, Arc<AtomicU32>), Error> {
        Err(Error::msg("init should not run"))
    }

    #[lrt::lambda(
        sqs,
        init = limits,
        concurrency = 4,
        on_failure = continue,
        on_all_failed = report,
        layer = tower::limit::ConcurrencyLimitLayer::new(1),
        layer = |limits: &Limits| TimeoutLayer::new(limits.event),
        record_layer = |limits: &Limits| TimeoutLayer::new(limits.record),
    )]
    async fn process(message: Message<u64>, calls: &Arc<AtomicU32>) {
        sleep(Duration::from_secs(message.body)).await;
        calls.fetch_add(1, Ordering::Relaxed);
    }

    #[tokio::test(start_paused = true)]
    async fn state_is_passed_to_layer_closures() {
        let calls = Arc::new(AtomicU32::new(0));
        let limits = Limits { event: Duration::from_secs(30), record: Duration::from_secs(10) };
        let harness = Harness::<process>::with_state((limits, Arc::clone(&calls)));
        let message = |id: &str, body: &str| json!({"messageId": id, "body": body, "eventSource": "aws:sqs"});
        let event = json!({"Records": [message("a", "9"), message("b", "11"), message("c", "1"), message("d", "x")]});
        let start = Instant::now();
        let expected = json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "d"}]});
        assert_eq!(harness.invoke(event).await.reply::<Value>(), expected);
        assert_eq!((start.elapsed().as_secs(), calls.load(Ordering::Relaxed)), (10, 2));
    }
}
