use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Ping {
    id: u32,
}

async fn plain(ping: Ping) -> u32 {
    ping.id
}

async fn fallible(ping: Ping) -> Result<u32, Error> {
    Ok(ping.id)
}

#[handler(http_api, route = "GET /", other = plain)]
async fn first() {}

#[handler(http, other = fallible)]
async fn second() {}

lrt::main!(first, second);
