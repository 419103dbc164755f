use lrt::lambda;

#[allow(dead_code)]
mod anyhow {
    pub trait Context {}
    pub struct Error;
    pub type Result<T, E = std::io::Error> = std::result::Result<T, E>;
}
#[allow(unused_imports)]
use anyhow::{Context, Error, Result};

#[lambda]
async fn process(id: u64, ctx: lrt::Context) -> Result<u64> {
    let _ = ctx.request_id();
    Ok(id)
}
