//! The harness: an event takes the same way as in Lambda.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

use lrt::testing::{FunctionError, Harness, Outcome, TestContext, events};
use lrt::{Context, Error, Margin};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};

const ADA: &str = "examples/hello/events/ada.json";

/// Type and message of the error that this is.
fn error(outcome: &Outcome) -> (&str, &str) {
    let error: &FunctionError = outcome.error().expect("this is an error");
    assert!(!outcome.is_ok());
    (error.error_type(), error.message())
}

fn snapshot(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap()
}

async fn echo(value: Value) -> Value {
    value
}

#[tokio::test]
async fn events_come_in_many_forms() {
    let harness = lrt::json(echo).harness();
    let ada = json!({ "name": "Ada" });
    assert_eq!(harness.invoke(ada.clone()).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(&ada).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(r#"{"name":"Ada"}"#).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(r#"{"name":"Ada"}"#.to_owned()).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(&r#"{"name":"Ada"}"#.to_owned()).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(br#"{"name":"Ada"}"#).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(br#"{"name":"Ada"}"#.as_slice()).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(br#"{"name":"Ada"}"#.to_vec()).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(bytes::Bytes::from(r#"{"name":"Ada"}"#)).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(events::json(&HashMap::from([("name", "Ada")]))).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(ADA).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(Path::new(ADA)).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(PathBuf::from(ADA)).await.reply::<Value>(), ada);
    assert_eq!(harness.invoke(&Path::new(env!("CARGO_MANIFEST_DIR")).join(ADA)).await.reply::<Value>(), ada);
}

#[tokio::test]
async fn a_payload_that_does_not_decode_is_the_error_that_lambda_sees() {
    async fn count(items: Vec<u8>) -> usize {
        items.len()
    }
    let harness = lrt::json(count).harness();
    let outcome = harness.invoke("[1,\n2, \"x\"]").await;
    let message = "invalid type: string \"x\", expected u8 at [2], line 2 column 6";
    assert_eq!(error(&outcome), ("Runtime.UnmarshalError", message));
    assert_eq!(error(&harness.invoke("no json").await).0, "Runtime.UnmarshalError");
    assert_eq!(harness.invoke("[1, 2]").await.reply::<usize>(), 2);
}

#[test]
fn a_file_that_is_none_is_told_with_what_is_there() {
    let dir = std::env::temp_dir().join(format!("lrt-harness-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("empty")).unwrap();
    std::fs::write(dir.join("bad.json"), "{\n  \"name\": }\n").unwrap();
    std::fs::write(dir.join("latin.json"), b"{\n\"\xe4\"}").unwrap();
    let said = |path: PathBuf| {
        let harness = lrt::json(echo).harness();
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(harness.invoke(path)))).unwrap_err();
        panic.downcast_ref::<String>().unwrap().replace(&dir.display().to_string(), "DIR")
    };
    for (path, expected) in [
        ("ada.json", "there is no event DIR/ada.json: DIR holds bad.json, empty, latin.json"),
        ("empty/ada.json", "there is no event DIR/empty/ada.json: DIR/empty holds nothing"),
        ("bad.json", "the event DIR/bad.json is no JSON: expected value at line 2 column 11"),
        ("latin.json", "the event DIR/latin.json is no JSON: invalid UTF-8 at line 2 column 2"),
        ("empty", "DIR/empty is a folder, and an event is a file: the folder holds nothing"),
    ] {
        assert_eq!(said(dir.join(path)), expected);
    }
    let nowhere = said(dir.join("no/where.json"));
    assert!(nowhere.starts_with("the event DIR/no/where.json cannot be read in "), "{nowhere}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
#[should_panic(expected = "there is no event examples/hello/events/adda.json: ")]
async fn a_text_that_ends_in_json_is_a_path() {
    lrt::json(echo).harness().invoke("examples/hello/events/adda.json").await;
}

#[tokio::test(start_paused = true)]
async fn a_function_that_sleeps_past_its_deadline_is_cut_in_no_time() {
    async fn slow(ctx: Context) -> u64 {
        sleep(Duration::from_secs(3600)).await;
        ctx.remaining().as_secs()
    }
    let harness = lrt::json(slow).harness().context(TestContext::new().deadline_in(Duration::from_secs(5)));
    let (real, paused) = (SystemTime::now(), Instant::now());
    let outcome = harness.invoke("").await;
    let message = "the function was still running 100 ms before its deadline, and was stopped";
    assert_eq!(error(&outcome), ("Function.Timeout", message));
    assert_eq!(paused.elapsed(), Duration::from_millis(4900));
    assert!(real.elapsed().unwrap() < Duration::from_secs(4), "no real time has passed");
    let expected = "the function was still running [time] before its deadline, and was stopped";
    assert!(snapshot(&outcome).contains(expected), "{outcome:?}");

    // The margin is the function's own, and so is having none.
    let harness = lrt::json(slow).deadline_margin(Duration::from_secs(2)).harness();
    let start = Instant::now();
    let outcome = harness.context(TestContext::new().deadline_in(Duration::from_secs(5))).invoke("").await;
    assert_eq!(error(&outcome).0, "Function.Timeout");
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    let harness = lrt::json(slow).deadline_margin(Margin::Off).harness();
    assert_eq!(harness.invoke("").await.reply::<u64>(), 0);
    let harness = lrt::json(slow).harness().context(TestContext::new().without_deadline());
    assert_eq!(harness.invoke("").await.reply::<u64>(), 900);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_remains_follows_the_paused_clock() {
    async fn times(ctx: Context) -> [Duration; 3] {
        let start = ctx.remaining();
        sleep(Duration::from_secs(600)).await;
        let until = ctx.deadline().unwrap().duration_since(SystemTime::now()).unwrap();
        [start, ctx.remaining(), until]
    }
    let [start, later, on_the_wall] = lrt::json(times).harness().invoke("").await.reply::<[Duration; 3]>();
    assert_eq!(start, Duration::from_secs(900));
    assert_eq!(later, Duration::from_secs(300));
    assert!(on_the_wall <= start && on_the_wall > Duration::from_secs(890), "the wall clock does not pause");
}

#[tokio::test]
async fn a_context_has_what_the_test_says() {
    async fn all(ctx: Context) -> Value {
        json!([
            [ctx.request_id(), ctx.function_arn(), ctx.trace_id(), ctx.tenant_id(), ctx.client_context()],
            [ctx.identity(), ctx.function_name(), ctx.function_version(), ctx.memory_mb(), ctx.log_group()],
            [ctx.log_stream(), ctx.cold_start(), ctx.deadline().is_some()],
        ])
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
            // The event before was this environment's first.
            [stream, false, true],
        ] })
    );
    assert_eq!(outcome.request_id().len(), 36);
    assert_ne!(harness.invoke("").await.request_id(), outcome.request_id());
}

#[tokio::test]
async fn the_first_event_is_the_cold_start() {
    async fn cold(ctx: Context) -> bool {
        ctx.cold_start()
    }
    let harness = lrt::json(cold).harness();
    assert!(harness.context(TestContext::new()).invoke("").await.reply::<bool>());
    assert!(!harness.invoke("").await.reply::<bool>());
    assert!(harness.context(TestContext::new().cold_start(true)).invoke("").await.reply::<bool>());
    assert!(!harness.invoke("").await.reply::<bool>());
}

#[tokio::test]
async fn events_wait_for_each_other() {
    static RUNNING: AtomicU32 = AtomicU32::new(0);
    async fn alone() -> u32 {
        let others = RUNNING.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(5)).await;
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        others
    }
    let harness = lrt::json(alone).harness();
    let (a, b) = tokio::join!(harness.invoke(""), harness.invoke(""));
    assert_eq!((a.reply::<u32>(), b.reply::<u32>()), (0, 0));
}

struct Db(&'static str);

async fn stored(key: String, db: &Db) -> String {
    format!("{key} in {}", db.0)
}

#[tokio::test]
async fn init_runs_once_before_the_first_event() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    async fn connect() -> Db {
        RUNS.fetch_add(1, Ordering::SeqCst);
        Db("init's")
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
async fn an_init_that_fails_is_the_events_error_and_runs_again() {
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
        r#"{"error":{"errorType":"Function.Panic","errorMessage":"panicked at tests/harness.rs:[line]: on purpose","stackTrace":[]}}"#
    );
    assert_eq!(harness.invoke("\"a\"").await.reply::<String>(), "a in init's");
}

#[tokio::test]
#[should_panic(expected = "init failed: ParseIntError: invalid digit found in string")]
async fn an_init_that_fails_is_a_panic_of_the_harness_that_is_awaited() {
    async fn connect() -> Result<(), std::num::ParseIntError> {
        "x".parse::<u8>().map(drop)
    }
    let _ = lrt::json(echo).init(connect).harness().await;
}

#[tokio::test]
async fn a_panic_is_a_function_error_and_the_next_event_is_handled() {
    async fn check(n: u32) -> u32 {
        assert!(n > 0, "nothing left");
        n
    }
    let harness = lrt::json(check).harness();
    let outcome = harness.invoke("0").await;
    let (name, message) = error(&outcome);
    assert_eq!(name, "Function.Panic");
    assert!(message.starts_with("panicked at tests/harness.rs:") && message.ends_with(": nothing left"), "{message}");
    assert_eq!(harness.invoke("1").await.reply::<u32>(), 1);
}

#[tokio::test(start_paused = true)]
async fn wait_until_work_is_done_when_the_outcome_is_there() {
    static DONE: AtomicU32 = AtomicU32::new(0);
    async fn later(fails: bool, ctx: Context) -> u32 {
        ctx.wait_until(async move {
            sleep(Duration::from_secs(60)).await;
            DONE.fetch_add(1, Ordering::SeqCst);
            assert!(!fails, "on purpose");
        });
        DONE.load(Ordering::SeqCst)
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
         panicked at tests/harness.rs:[line]: on purpose\"]}"
    );
    let context = TestContext::new().deadline_in(Duration::from_secs(1));
    let outcome = harness.context(context).invoke("false").await;
    assert_eq!(outcome.reply::<u32>(), 2);
    assert!(outcome.logs()[0].ends_with("the invocation's time is over: work that was left is dropped (1)"));
}

#[tokio::test]
async fn logs_are_those_of_one_event() {
    async fn fail(n: u32) -> Result<(), String> {
        Err(format!("{n} failed"))
    }
    let harness = lrt::json(fail).harness();
    for n in ["1", "2"] {
        let outcome = harness.invoke(n).await;
        assert_eq!(outcome.logs(), [format!("ERROR RequestId: {} Error: {n} failed", outcome.request_id())]);
    }
}

#[tokio::test]
async fn an_outcome_is_the_same_json_each_time() {
    async fn map(ctx: Context) -> HashMap<String, Value> {
        let id = ctx.request_id();
        let keys = ["delta", "alpha", "echo", "bravo", "charlie"];
        let value = |key: &str| json!({ "z": key, "id": format!("<{id}>"), "a": [1.5, -1, null, { "y": 1, "x": 2 }] });
        let mut map: HashMap<_, _> = keys.into_iter().map(|key| (key.to_owned(), value(key))).collect();
        map.insert(id.to_owned(), true.into());
        map
    }
    let part = |key| format!(r#""{key}":{{"a":[1.5,-1,null,{{"x":2,"y":1}}],"id":"<[request-id]>","z":"{key}"}}"#);
    let parts = ["alpha", "bravo", "charlie", "delta", "echo"].map(part).join(",");
    for _ in 0..8 {
        // A fresh id may come before the other keys or after some of them.
        let outcome = lrt::json(map).harness().invoke("").await;
        let text = snapshot(&outcome).replace(r#","[request-id]":true"#, "").replace(r#""[request-id]":true,"#, "");
        assert_eq!(text, format!(r#"{{"reply":{{{parts}}}}}"#));
    }
}

#[tokio::test]
async fn a_cause_and_a_log_line_lose_the_request_id_too() {
    #[derive(Debug, thiserror::Error)]
    #[error("order {0} failed")]
    struct OrderError(String, #[source] Error2);
    #[derive(Debug, thiserror::Error)]
    #[error("nobody knows {0}")]
    struct Error2(String);

    async fn order(ctx: Context) -> Result<(), OrderError> {
        let id = ctx.request_id().to_owned();
        Err(OrderError(id.clone(), Error2(id)))
    }
    let outcome = lrt::json(order).harness().invoke("").await.with_logs();
    assert_eq!(outcome.error().unwrap().stack_trace(), [format!("nobody knows {}", outcome.request_id())]);
    assert_eq!(
        snapshot(&outcome),
        r#"{"error":{"errorType":"OrderError","errorMessage":"order [request-id] failed","#.to_owned()
            + r#""stackTrace":["nobody knows [request-id]"]},"#
            + r#""logs":["ERROR RequestId: [request-id] OrderError: order [request-id] failed: nobody knows [request-id]"]}"#
    );
}

#[tokio::test]
async fn a_reply_that_is_over_lambdas_limit_is_an_error() {
    async fn large() -> String {
        "x".repeat(7 << 20)
    }
    assert_eq!(error(&lrt::json(large).harness().invoke("").await).0, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
#[should_panic(expected = "the function failed: NoName: a guest needs a name")]
async fn a_reply_is_asked_for_where_there_is_an_error() {
    async fn fail() -> Result<u8, Error> {
        Err(Error::named("NoName", "a guest needs a name"))
    }
    lrt::json(fail).harness().invoke("").await.reply::<u8>();
}

#[tokio::test]
#[should_panic(expected = r#"the reply is no u8: invalid type: string "x", expected u8 at line 1 column 3: "x""#)]
async fn a_reply_is_asked_for_as_what_it_is_not() {
    lrt::json(echo).harness().invoke("\"x\"").await.reply::<u8>();
}

#[tokio::test]
async fn the_body_is_what_the_caller_would_get() {
    let harness = lrt::json(stored).init(async || Db("it")).harness();
    assert_eq!(harness.invoke("\"a\"").await.body(), b"\"a in it\"");
    let body = harness.invoke("").await.body().to_vec();
    assert!(body.starts_with(b"{\"errorType\":\"Runtime.UnmarshalError\","), "{}", String::from_utf8_lossy(&body));
}

/// What `#[lambda]` writes, which has to stand in a crate's root.
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
    async fn a_state_stands_in_for_what_init_returns() {
        let harness = Harness::<lookup>::with_state((Arc::<str>::from("fake"), 7));
        assert_eq!(harness.invoke("\"a\"").await.reply::<String>(), "a fake 7");
        assert!(harness.context(TestContext::new().function_name("x")).invoke("\"a\"").await.is_ok());
    }

    #[tokio::test]
    async fn without_a_state_init_runs() {
        let outcome = Harness::<lookup>::new().invoke("\"a\"").await;
        assert_eq!(error(&outcome), ("VarError", "environment variable not found"));
        assert_eq!(Harness::<lookup>::default().invoke("\"a\"").await.error(), outcome.error());
    }

    #[tokio::test(start_paused = true)]
    async fn the_attributes_options_hold() {
        let harness = Harness::<lookup>::with_state((Arc::<str>::from("fake"), 7));
        let context = TestContext::new().deadline_in(Duration::from_secs(1));
        assert_eq!(error(&harness.context(context).invoke("\"a\"").await).0, "Function.Timeout");
        assert_eq!(format!("{harness:?}"), "Harness { function: \"lookup\", .. }");
    }
}
