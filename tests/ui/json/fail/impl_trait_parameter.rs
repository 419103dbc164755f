use lrt::prelude::*;

#[lambda]
async fn process(_: impl serde::de::DeserializeOwned) {}
