use lrt::prelude::*;

async fn ping(_: u32, _: Context) {}

#[lambda(http, other = ping)]
async fn hello() {}
