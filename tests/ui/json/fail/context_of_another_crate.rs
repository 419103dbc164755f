use lrt::prelude::*;
mod anyhow {
    pub trait Context {}
}
use anyhow::Context;

#[lambda]
async fn process(_: String, _: Context) {}
