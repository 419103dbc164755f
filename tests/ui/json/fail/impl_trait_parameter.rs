use lrt::prelude::*;

#[lambda]
async fn process(order: impl serde::de::DeserializeOwned) {}
