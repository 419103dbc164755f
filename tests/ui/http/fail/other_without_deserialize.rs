use lrt::prelude::*;

struct Ping;

async fn ping(_: Ping) {}

#[lambda(http, other = ping)]
async fn hello() {}
