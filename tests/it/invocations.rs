//! Invocations on the real loop: replies, errors, panics, deadlines, `wait_until`, `init` and `shutdown`.

use crate::support::run_function;
use lrt::testing::{Answer, Endpoint, Event, RuntimeApi};
use lrt::{BoxError, Context, DeadlineMargin, Environment, Error, FunctionInfo};
use serde_json::{Value, json};
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("an answer is JSON")
}

/// Returns the header, the type and the message of an error.
fn error(answer: &Answer) -> (String, String, String) {
    assert!(answer.is_error(), "{answer:?}");
    let body = body(answer);
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (answer.error_type().unwrap().to_owned(), text("errorType"), text("errorMessage"))
}

#[derive(Debug)]
struct OrderError(std::num::ParseIntError);

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such order")
    }
}

impl std::error::Error for OrderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn error_has_type_message_and_causes() {
    async fn order(id: String) -> Result<u32, OrderError> {
        id.parse().map_err(OrderError)
    }
    run_function(lrt::json(order).define(), async |running| {
        assert_eq!(running.invoke("\"7\"").await.text(), "7");
        let answer = running.invoke("\"x\"").await;
        assert_eq!(answer.error_type(), Some("Function.OrderError"));
        let expected = json!({
            "errorType": "OrderError",
            "errorMessage": "no such order",
            "stackTrace": ["invalid digit found in string"],
        });
        assert_eq!(body(&answer), expected);
        assert!(running.stop().await);
    });
}

#[test]
fn every_error_type_has_its_name() {
    async fn fail(how: String) -> Result<(), Error> {
        Err(match how.as_str() {
            "io" => std::io::Error::other("disk").into(),
            "fmt" => std::fmt::Error.into(),
            "named" => Error::named("OutOfStock", "none left"),
            _ => Error::msg("a message"),
        })
    }
    async fn text() -> Result<(), String> {
        Err("a text".into())
    }
    async fn boxed() -> Result<(), BoxError> {
        Err(Box::new(OrderError("x".parse::<u8>().unwrap_err())))
    }
    let triple = |header: &str, name: &str, message: &str| (header.to_owned(), name.to_owned(), message.to_owned());
    run_function(lrt::json(fail).define(), async |running| {
        assert_eq!(error(&running.invoke("\"io\"").await), triple("Function.Error", "Error", "disk"));
        assert_eq!(error(&running.invoke("\"named\"").await), triple("Function.OutOfStock", "OutOfStock", "none left"));
        assert_eq!(error(&running.invoke("\"\"").await), triple("Function.Error", "Error", "a message"));
        assert!(running.stop().await);
    });
    run_function(lrt::json(text).define(), async |running| {
        assert_eq!(error(&running.invoke("{}").await), triple("Function.Error", "Error", "a text"));
        assert!(running.stop().await);
    });
    run_function(lrt::json(boxed).define(), async |running| {
        assert_eq!(error(&running.invoke("{}").await), triple("Function.Error", "Error", "no such order"));
        assert!(running.stop().await);
    });
}

#[test]
fn panic_anywhere_in_user_code_fails_one_invocation_only() {
    /// An error that panics in `Display` or `Drop`.
    struct Bad {
        display: bool,
    }
    impl std::fmt::Debug for Bad {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Ok(())
        }
    }
    impl std::fmt::Display for Bad {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            assert!(!self.display, "in display");
            f.write_str("bad")
        }
    }
    impl std::error::Error for Bad {}
    impl Drop for Bad {
        fn drop(&mut self) {
            assert!(self.display, "in drop");
        }
    }
    #[derive(serde::Deserialize)]
    #[serde(try_from = "String")]
    struct How(String);
    impl TryFrom<String> for How {
        type Error = String;
        fn try_from(how: String) -> Result<How, String> {
            assert!(how != "decode", "in decode");
            Ok(How(how))
        }
    }
    async fn panicking(How(how): How) -> Result<String, Bad> {
        match how.as_str() {
            "now" => panic!("at once"),
            "later" => {
                tokio::task::yield_now().await;
                panic!("after {}", "a while")
            }
            "display" => Err(Bad { display: true }),
            "drop" => Err(Bad { display: false }),
            _ => Ok(how),
        }
    }
    run_function(lrt::json(panicking).define(), async |running| {
        for (how, message) in [
            ("now", "at once"),
            ("later", "after a while"),
            ("decode", "in decode"),
            ("display", "in display"),
            ("drop", "in drop"),
        ] {
            let (header, name, text) = error(&running.invoke(&format!("\"{how}\"")).await);
            assert_eq!((header.as_str(), name.as_str()), ("Function.Panic", "Function.Panic"), "{how}");
            assert!(
                text.starts_with("panicked at tests/it/invocations.rs:") && text.ends_with(message),
                "{how}: {text}"
            );
            assert_eq!(running.invoke("\"fine\"").await.text(), "\"fine\"", "{how}");
        }
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn decode_error_names_the_position() {
    #[derive(serde::Deserialize)]
    struct Order {
        items: Vec<Item>,
    }
    #[derive(serde::Deserialize)]
    struct Item {
        count: u8,
    }
    async fn sum(order: Order) -> Result<u32, lrt::Error> {
        Ok(order.items.iter().map(|item| u32::from(item.count)).sum())
    }
    let deep = format!("{{\"items\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    run_function(lrt::json(sum).define(), async |running| {
        for (payload, message) in [
            (&b""[..], "missing field `items` at line 1 column 2"),
            (b"  \n", "the payload is empty, but the function takes one"),
            (b"null", "invalid type: null, expected struct Order at line 1 column 4"),
            (b"{", "EOF while parsing an object at line 1 column 1"),
            (b"{\"items\":[{\"count\":1},{}]}", "missing field `count` at items[1], line 1 column 24"),
            (
                b"{\"items\":[\n{\"count\":\"x\"}]}",
                "invalid type: string, expected u8 at items[0].count, line 2 column 12",
            ),
            (
                b"{\"items\":[{\"count\":256}]}",
                "invalid value: integer, expected u8 at items[0].count, line 1 column 22",
            ),
            (b"{\"items\":[{\"count\":1e999}]}", "number out of range at items[0].count, line 1 column 24"),
            (b"{\"items\":\"\xff\"}", "invalid unicode code point at items, line 1 column 11"),
            (b"{\"items\":[]} x", "trailing characters at line 1 column 14"),
            (deep.as_bytes(), "invalid type: sequence, expected struct Item at items[0], line 1 column 11"),
        ] {
            let answer = running.api.invoke(Event::new(payload.to_vec())).await;
            let expected = "Runtime.UnmarshalError".to_owned();
            let (header, name, text) = error(&answer);
            assert_eq!((header, name), (expected.clone(), expected));
            assert!(text == message || payload.len() > 1000, "{text}\n{message}");
            assert_eq!(running.invoke("{\"items\":[{\"count\":7}]}").await.text(), "7");
        }
        assert!(running.stop().await);
    });
    async fn any(value: Value) -> Result<Value, lrt::Error> {
        Ok(value)
    }
    run_function(lrt::json(any).define(), async |running| {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let (_, name, text) = error(&running.invoke(&deep).await);
        assert_eq!(name, "Runtime.UnmarshalError");
        assert!(text.starts_with("recursion limit exceeded at [0][0]"), "{text:.100}");
        assert_eq!(running.invoke("[1]").await.text(), "[1]");
        assert!(running.stop().await);
    });
}

#[test]
fn function_without_a_payload_accepts_any_event() {
    async fn nothing() -> Result<&'static str, lrt::Error> {
        Ok("fine")
    }
    run_function(lrt::json(nothing).define(), async |running| {
        for payload in ["", "null", "no JSON {"] {
            assert_eq!(running.invoke(payload).await.text(), "\"fine\"");
        }
        assert!(running.stop().await);
    });
}

#[test]
fn reply_over_the_limit_is_an_error_before_it_is_sent() {
    async fn large(size: usize) -> Result<String, lrt::Error> {
        Ok("x".repeat(size - 2))
    }
    run_function(lrt::json(large).define(), async |running| {
        assert_eq!(running.invoke("6291556").await.body.len(), 6_291_556);
        let (header, _, message) = error(&running.invoke("6291557").await);
        assert_eq!(header, "Function.ResponseSizeTooLarge");
        assert_eq!(message, "reply too large: 6291557 bytes (limit: 6291556)");
        let posted = running.api.requests().iter().filter(|r| r.endpoint == Some(Endpoint::Response)).count();
        assert_eq!(posted, 1);
        assert!(running.stop().await);
    });
}

#[test]
fn context_has_the_values_that_lambda_sent() {
    async fn context(ctx: Context) -> Result<Value, lrt::Error> {
        Ok(json!({
            "request_id": ctx.request_id(),
            "arn": ctx.function_arn(),
            "trace": ctx.trace_id(),
            "tenant": ctx.tenant_id(),
            "client": ctx.client_context(),
            "identity": ctx.identity(),
            "deadline": ctx.deadline().is_some(),
            "seconds": ctx.remaining().as_secs_f64().round(),
            "name": ctx.function_name(),
            "cold": ctx.cold_start(),
        }))
    }
    run_function(lrt::json(context).name("shop").define(), async |running| {
        let event = Event::new("")
            .request_id("a-1")
            .header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:shop:live")
            .header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7;Parent=1;Sampled=1")
            .header("Lambda-Runtime-Aws-Tenant-Id", "blue")
            .header("Lambda-Runtime-Client-Context", "{\"custom\":{}}")
            .header("Lambda-Runtime-Cognito-Identity", "{}")
            .deadline_in(Duration::from_secs(60));
        let expected = json!({
            "request_id": "a-1",
            "arn": "arn:aws:lambda:eu-west-1:1:function:shop:live",
            "trace": "Root=1-5bef4de7;Parent=1;Sampled=1",
            "tenant": "blue",
            "client": "{\"custom\":{}}",
            "identity": "{}",
            "deadline": true,
            "seconds": 60.0,
            "name": "shop",
            "cold": true,
        });
        assert_eq!(body(&running.api.invoke(event).await), expected);
        let past = Event::new("").header("Lambda-Runtime-Deadline-Ms", "600000");
        let second = body(&running.api.invoke(past).await);
        assert_eq!(
            (&second["cold"], &second["deadline"], &second["seconds"]),
            (&json!(false), &json!(false), &json!(900.0))
        );
        assert!(running.stop().await);
    });
}

#[test]
fn function_is_dropped_and_answered_before_the_deadline() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let kept = dropped.clone();
    let function = move |sleep: bool| {
        let dropped = sleep.then(|| Dropped(kept.clone()));
        async move {
            if sleep {
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            drop(dropped);
            Ok::<_, lrt::Error>(())
        }
    };
    run_function(lrt::json(function).define(), async |running| {
        let event = Event::new("true").deadline_in(Duration::from_millis(300));
        let (header, name, message) = error(&running.api.invoke(event).await);
        assert_eq!((header.as_str(), name.as_str()), ("Function.Timeout", "Function.Timeout"));
        assert!(message.starts_with("function stopped: still running"), "{message}");
        assert!(dropped.load(Ordering::Relaxed));
        assert_eq!(running.invoke("false").await.text(), "null");
        // A deadline in the past is ignored: the function is not interrupted.
        let past = Event::new("false").header("Lambda-Runtime-Deadline-Ms", "600000");
        assert_eq!(running.api.invoke(past).await.text(), "null");
        assert!(running.stop().await);
    });
}

#[test]
fn deadline_margin_is_configurable() {
    async fn left(ctx: Context) -> Result<(), lrt::Error> {
        while !ctx.remaining().is_zero() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
    let deadline = || Event::new("").deadline_in(Duration::from_millis(400));
    run_function(lrt::json(left).deadline_margin(DeadlineMargin::Off).define(), async |running| {
        assert_eq!(running.api.invoke(deadline()).await.text(), "null");
        assert!(running.stop().await);
    });
    run_function(lrt::json(left).deadline_margin(Duration::from_millis(300)).define(), async |running| {
        let (_, name, message) = error(&running.api.invoke(deadline()).await);
        assert_eq!(name, "Function.Timeout");
        let left: u64 = message.split(' ').nth(4).unwrap().parse().unwrap();
        assert!((1..=300).contains(&left), "{message}");
        assert!(running.stop().await);
    });
}

#[test]
fn wait_until_work_finishes_before_the_next_event_is_requested() {
    let log: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let noted = log.clone();
    let (go, wait) = tokio::sync::watch::channel(false);
    let function = move |ctx: Context| {
        let (log, mut wait) = (noted.clone(), wait.clone());
        ctx.wait_until({
            let (ctx, log) = (ctx.clone(), log.clone());
            async move {
                wait.wait_for(|go| *go).await.unwrap();
                log.lock().unwrap().push("work");
                // `wait_until` work can add more work.
                ctx.wait_until(async move { log.lock().unwrap().push("more work") });
            }
        });
        ctx.wait_until(async { panic!("in work") });
        async move {
            log.lock().unwrap().push("reply");
            Ok::<_, lrt::Error>(())
        }
    };
    run_function(lrt::json(function).define(), async |running| {
        assert_eq!(running.invoke("").await.text(), "null");
        let asked = |api: &lrt::testing::RuntimeApi| {
            api.requests().iter().filter(|request| request.endpoint == Some(Endpoint::Next)).count()
        };
        // The reply has been sent, but the next event has not been requested, since the work is not finished.
        assert_eq!((asked(&running.api), log.lock().unwrap().clone()), (1, vec!["reply"]));
        go.send(true).unwrap();
        running.api.next_waiting().await;
        assert_eq!((asked(&running.api), log.lock().unwrap().clone()), (2, vec!["reply", "work", "more work"]));
        assert!(running.stop().await);
    });
}

#[test]
fn wait_until_work_is_dropped_at_the_deadline() {
    async fn function(ctx: Context) -> Result<(), lrt::Error> {
        ctx.wait_until(std::future::pending());
        Ok(())
    }
    run_function(lrt::json(function).define(), async |running| {
        for _ in 0..2 {
            let event = Event::new("").deadline_in(Duration::from_millis(200));
            assert_eq!(running.api.invoke(event).await.text(), "null");
        }
        running.api.next_waiting().await;
        assert!(running.stop().await);
    });
}

#[test]
fn failed_init_is_reported_and_ends_the_process() {
    async fn fails() -> Result<u32, OrderError> {
        Err(OrderError("x".parse::<u8>().unwrap_err()))
    }
    async fn panics() -> Result<u32, lrt::Error> {
        tokio::task::yield_now().await;
        panic!("no {}", "database")
    }
    async fn nothing(_: &u32) -> Result<(), lrt::Error> {
        Ok(())
    }
    run_function(lrt::json(nothing).init(fails).define(), async |running| {
        let api = running.api.clone();
        assert!(!running.ended().await);
        let answer = api.init_error().await;
        assert_eq!(answer.error_type(), Some("Function.OrderError"));
        assert_eq!(body(&answer)["errorMessage"], "no such order");
        assert_eq!(body(&answer)["stackTrace"], json!(["invalid digit found in string"]));
    });
    run_function(lrt::json(nothing).init(panics).define(), async |running| {
        let api = running.api.clone();
        assert!(!running.ended().await);
        let (header, _, message) = error(&api.init_error().await);
        assert_eq!(header, "Function.Panic");
        assert!(message.starts_with("panicked at tests/") && message.ends_with(": no database"), "{message}");
    });
}

#[test]
fn init_runs_once_and_each_call_borrows_its_value() {
    static INITS: AtomicUsize = AtomicUsize::new(0);
    struct Db(AtomicUsize);
    async fn connect() -> Result<(Db, String), Error> {
        INITS.fetch_add(1, Ordering::Relaxed);
        Ok((Db(AtomicUsize::new(0)), "search".into()))
    }
    #[allow(clippy::ptr_arg)] // what `init` returns is a `String`
    async fn count(search: &String, db: &Db) -> Result<(usize, String), lrt::Error> {
        Ok((db.0.fetch_add(1, Ordering::Relaxed), search.clone()))
    }
    run_function(lrt::json(count).init(connect).define(), async |running| {
        for n in 0..3 {
            assert_eq!(running.invoke("").await.text(), format!("[{n},\"search\"]"));
        }
        assert_eq!(INITS.load(Ordering::Relaxed), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn shutdown_registers_an_extension_and_runs_before_the_exit() {
    struct Db(AtomicBool);
    static DB: Db = Db(AtomicBool::new(false));
    async fn connect() -> Result<&'static Db, lrt::Error> {
        Ok(&DB)
    }
    async fn close(db: &&'static Db) {
        tokio::task::yield_now().await;
        db.0.store(true, Ordering::Relaxed);
    }
    async fn echo(text: String) -> Result<String, lrt::Error> {
        Ok(text)
    }
    run_function(lrt::json(echo).init(connect).shutdown(close).define(), async |running| {
        running.api.extension_waiting().await;
        let extensions = running.api.extensions();
        assert_eq!(extensions.len(), 1);
        assert!(extensions[0].events.is_empty() && extensions[0].waiting);
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        assert!(!DB.0.load(Ordering::Relaxed));
        assert!(running.stop().await);
        assert!(DB.0.load(Ordering::Relaxed));
    });
    run_function(lrt::json(echo).init(connect).define(), async |running| {
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        assert!(running.api.extensions().is_empty());
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

/// Lambda can send a signal as soon as the process has registered.
#[test]
fn signals_are_handled_before_the_extension_is_registered() {
    static CLOSED: AtomicBool = AtomicBool::new(false);
    async fn close(closed: &&AtomicBool) {
        closed.store(true, Ordering::Relaxed);
    }
    let handler = lrt::json(async |text: String| Ok::<_, lrt::Error>(text))
        .init(async || Ok::<_, lrt::Error>(&CLOSED))
        .shutdown(close)
        .define();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let api = RuntimeApi::start().await.unwrap();
        let environment = Environment::new(api.address(), FunctionInfo::default()).unwrap();
        let mut asked = None;
        let stop = poll_fn(|_| {
            asked = Some(api.connections());
            Poll::Ready(())
        });
        lrt_core::serve(&handler, environment, stop).await;
        assert_eq!(asked, Some(0));
    });
    assert!(CLOSED.load(Ordering::Relaxed));
}

#[test]
fn rejected_extension_does_not_affect_invocations() {
    async fn connect() -> Result<u8, lrt::Error> {
        Ok(1)
    }
    async fn close(_: &u8) {}
    async fn echo(text: String) -> Result<String, lrt::Error> {
        Ok(text)
    }
    run_function(lrt::json(echo).init(connect).shutdown(close).define(), async |running| {
        running.api.fault(Endpoint::ExtensionRegister, lrt::testing::Fault::Status(403));
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        assert!(running.stop().await);
    });
}

#[test]
fn invocation_in_flight_finishes_before_the_exit() {
    let started = Arc::new(tokio::sync::Notify::new());
    let slow = {
        let started = started.clone();
        move |ms: u64, ctx: Context| {
            started.notify_one();
            async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                ctx.wait_until(tokio::time::sleep(Duration::from_millis(10)));
                Ok::<_, lrt::Error>(ms)
            }
        }
    };
    for (ms, finished) in [(50, true), (3_600_000, false)] {
        run_function(lrt::json(slow.clone()).define(), async |running| {
            let answer = running.api.send(Event::new(ms.to_string()));
            started.notified().await;
            let api = running.api.clone();
            assert!(running.stop().await);
            let answer = answer.await;
            assert_eq!(!answer.is_error(), finished, "{}", answer.text());
            if !finished {
                assert_eq!(error(&answer).1, "Function.Timeout");
                assert!(error(&answer).2.ends_with("shutting down"));
            }
            drop(api);
        });
    }
}

#[test]
fn reply_of_any_size_does_not_affect_the_next_one() {
    async fn fill(n: usize) -> Result<String, lrt::Error> {
        Ok("x".repeat(n))
    }
    run_function(lrt::json(fill).define(), async |running| {
        for n in [10, 1_000_000, 0, 70_000, 3] {
            assert_eq!(running.invoke(&n.to_string()).await.body.len(), n + 2);
        }
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}
