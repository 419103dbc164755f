//! Functions of lrt as services of lambda_runtime.

use lambda_runtime::tower::ServiceExt;
use lambda_runtime::{Context as RuntimeContext, LambdaEvent};
use lrt::prelude::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

#[handler(init = start)]
async fn count(_: Value, ctx: Context, calls: &AtomicU32) -> Value {
    json!({
        "request_id": ctx.request_id(),
        "tenant": ctx.tenant_id(),
        "cold": ctx.cold_start(),
        "name": ctx.function_name(),
        "calls": calls.fetch_add(1, Ordering::Relaxed),
    })
}

async fn start() -> AtomicU32 {
    AtomicU32::new(0)
}

#[handler(init = fail)]
async fn never(_: Value, state: &u8) -> u8 {
    *state
}

async fn fail() -> Result<u8, Error> {
    Err(Error::named("NoTable", "the table does not exist"))
}

#[tokio::test]
async fn state_and_context_are_passed_on() {
    let service = lrt_compat::into_service(<count as lrt::Function>::handler()).await.unwrap();
    let mut context = RuntimeContext::default();
    context.request_id = "r-1".to_owned();
    context.tenant_id = Some("blue".to_owned());
    context.env_config = lambda_runtime::Config { function_name: "shop".to_owned(), ..Default::default() }.into();
    let call = async || service.clone().oneshot(LambdaEvent::new(json!({}), context.clone())).await.unwrap();
    let seen = call().await;
    assert_eq!(seen, json!({"request_id": "r-1", "tenant": "blue", "cold": true, "name": "shop", "calls": 0}));
    let seen = call().await;
    assert_eq!(seen, json!({"request_id": "r-1", "tenant": "blue", "cold": false, "name": "shop", "calls": 1}));
}

#[tokio::test]
async fn init_error_is_returned() {
    let error = lrt_compat::into_service(<never as lrt::Function>::handler()).await.err().unwrap();
    assert_eq!((&*error.error_type, &*error.error_message), ("NoTable", "the table does not exist"));
}
