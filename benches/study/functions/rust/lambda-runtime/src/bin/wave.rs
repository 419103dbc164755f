//! Replies with the event: a JSON value.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[cfg_attr(feature = "default", tokio::main)]
#[cfg_attr(not(feature = "default"), tokio::main(flavor = "current_thread"))]
async fn main() -> Result<(), Error> {
    #[cfg(feature = "default")]
    lambda_runtime::tracing::init_default_subscriber();
    lambda_runtime::run(service_fn(wave)).await
}

async fn wave(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(event.payload)
}
