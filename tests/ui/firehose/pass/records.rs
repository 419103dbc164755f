use lrt::batch::DecodeError;
use lrt::firehose::{Record, Transform};
use lrt::payload::{Raw, Text};
use lrt::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Click {
    page: String,
}

struct Salt;

async fn salt() -> Salt {
    Salt
}

#[handler(firehose, init = salt, concurrency = 8)]
async fn clean(click: Click, _salt: &Salt, _ctx: Context) -> Result<Transform<Click>, Error> {
    let page = click.page.clone();
    Ok(Transform::Ok(click).partition_key("page", page))
}

#[handler(firehose)]
async fn plain(click: Click) -> Transform<Text> {
    Transform::Ok(Text(click.page))
}

#[handler(firehose)]
async fn raw(record: Record<Raw>) -> Result<Transform<Raw>, Error> {
    Ok(Transform::Ok(record.data))
}

#[handler(firehose)]
async fn attempt(record: Result<Record<Click>, DecodeError>) -> Result<Transform<Click>, Error> {
    record.map_or(Ok(Transform::Dropped), |record| Ok(Transform::Ok(record.data)))
}

#[handler(firehose)]
async fn dropped() -> Result<Transform<()>, Error> {
    Ok(Transform::Dropped)
}

lrt::main!(clean, plain, raw, attempt, dropped);
