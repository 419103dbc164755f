//! Replies with the event: a JSON value.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

async fn wave(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(event.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match std::env::var_os("LRT_COMPAT") {
        Some(_) => lrt_compat::lambda_runtime(service_fn(wave)).serve().await,
        None => lambda_runtime::run(service_fn(wave)).await,
    }
}
