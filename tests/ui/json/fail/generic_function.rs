use lrt::prelude::*;

#[lambda]
async fn process<T: serde::de::DeserializeOwned>(_: T) {}
