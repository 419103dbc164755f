//! The forms of events, and outcomes.

use lrt::testing::{Outcome, events};
use lrt::{Context, Error};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const ADA: &str = "examples/hello/events/ada.json";

fn error(outcome: &Outcome) -> (&str, &str) {
    let error = outcome.error().expect("this is an error");
    (error.error_type(), error.message())
}

fn snapshot(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap()
}

async fn echo(value: Value) -> Result<Value, lrt::Error> {
    Ok(value)
}

#[tokio::test]
#[allow(clippy::needless_borrows_for_generic_args, reason = "what is borrowed is an event, too")]
async fn events_have_many_forms() {
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
async fn decode_error_is_the_error_of_the_outcome() {
    async fn count(items: Vec<u8>) -> Result<usize, lrt::Error> {
        Ok(items.len())
    }
    let harness = lrt::json(count).harness();
    let outcome = harness.invoke("[1,\n2, \"x\"]").await;
    let message = "invalid type: string, expected u8 at [2], line 2 column 6";
    assert_eq!(error(&outcome), ("Runtime.UnmarshalError", message));
    assert_eq!(error(&harness.invoke("no json").await).0, "Runtime.UnmarshalError");
    assert_eq!(harness.invoke("[1, 2]").await.reply::<usize>(), 2);
}

#[test]
fn missing_file_is_reported_with_existing_ones() {
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
        ("ada.json", "cannot read event DIR/ada.json: file not found (DIR holds bad.json, empty, latin.json)"),
        ("empty/ada.json", "cannot read event DIR/empty/ada.json: file not found (DIR/empty holds nothing)"),
        ("bad.json", "invalid JSON in event DIR/bad.json: expected value at line 2 column 11"),
        ("latin.json", "invalid JSON in event DIR/latin.json: invalid UTF-8 at line 2 column 2"),
        ("empty", "cannot read event DIR/empty: expected a file, found a folder that holds nothing"),
    ] {
        assert_eq!(said(dir.join(path)), expected);
    }
    let nowhere = said(dir.join("no/where.json"));
    assert!(nowhere.starts_with("cannot read event DIR/no/where.json in "), "{nowhere}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
#[should_panic(expected = "cannot read event examples/hello/events/adda.json: file not found (")]
async fn text_that_ends_in_json_is_a_path() {
    lrt::json(echo).harness().invoke("examples/hello/events/adda.json").await;
}

#[tokio::test]
async fn logs_belong_to_one_event() {
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
async fn outcome_serializes_to_stable_json() {
    async fn map(ctx: Context) -> Result<HashMap<String, Value>, lrt::Error> {
        let id = ctx.request_id();
        let keys = ["delta", "alpha", "echo", "bravo", "charlie"];
        let value = |key: &str| json!({ "z": key, "id": format!("<{id}>"), "a": [1.5, -1, null, { "y": 1, "x": 2 }] });
        let mut map: HashMap<_, _> = keys.into_iter().map(|key| (key.to_owned(), value(key))).collect();
        map.insert(id.to_owned(), true.into());
        Ok(map)
    }
    let part = |key| format!(r#""{key}":{{"a":[1.5,-1,null,{{"x":2,"y":1}}],"id":"<[request-id]>","z":"{key}"}}"#);
    let parts = ["alpha", "bravo", "charlie", "delta", "echo"].map(part).join(",");
    for _ in 0..8 {
        // A random id can sort before or after other keys.
        let outcome = lrt::json(map).harness().invoke("").await;
        let text = snapshot(&outcome).replace(r#","[request-id]":true"#, "").replace(r#""[request-id]":true,"#, "");
        assert_eq!(text, format!(r#"{{"reply":{{{parts}}}}}"#));
    }
}

#[tokio::test]
async fn request_id_is_replaced_in_causes_and_log_lines() {
    #[derive(Debug, thiserror::Error)]
    #[error("order {0} failed")]
    struct OrderError(String, #[source] Error2);
    #[derive(Debug, thiserror::Error)]
    #[error("unknown order {0}")]
    struct Error2(String);

    async fn order(ctx: Context) -> Result<(), OrderError> {
        let id = ctx.request_id().to_owned();
        Err(OrderError(id.clone(), Error2(id)))
    }
    let outcome = lrt::json(order).harness().invoke("").await.with_logs();
    assert_eq!(outcome.error().unwrap().stack_trace(), [format!("unknown order {}", outcome.request_id())]);
    assert_eq!(
        snapshot(&outcome),
        r#"{"error":{"errorType":"OrderError","errorMessage":"order [request-id] failed","#.to_owned()
            + r#""stackTrace":["unknown order [request-id]"]},"#
            + r#""logs":["ERROR RequestId: [request-id] OrderError: order [request-id] failed: unknown order [request-id]"]}"#
    );
}

#[tokio::test]
async fn reply_over_the_limit_is_an_error() {
    async fn large() -> Result<String, lrt::Error> {
        Ok("x".repeat(7 << 20))
    }
    assert_eq!(error(&lrt::json(large).harness().invoke("").await).0, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
#[should_panic(expected = "the function failed: NoName: a guest needs a name")]
async fn reply_panics_for_an_error() {
    async fn fail() -> Result<u8, Error> {
        Err(Error::named("NoName", "a guest needs a name"))
    }
    lrt::json(fail).harness().invoke("").await.reply::<u8>();
}

#[tokio::test]
#[should_panic(
    expected = r#"failed to deserialize reply as u8: invalid type: string "x", expected u8 at line 1 column 3: "x""#
)]
async fn reply_panics_for_the_wrong_type() {
    lrt::json(echo).harness().invoke("\"x\"").await.reply::<u8>();
}

#[tokio::test]
async fn body_is_the_reply_of_the_caller() {
    let harness = lrt::json(echo).harness();
    assert_eq!(harness.invoke("\"a\"").await.body(), b"\"a\"");
    let body = harness.invoke("{").await.body().to_vec();
    assert!(body.starts_with(b"{\"errorType\":\"Runtime.UnmarshalError\","), "{}", String::from_utf8_lossy(&body));
}
