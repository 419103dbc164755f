//! Functions that are traced, for tests that run them as processes. `_HANDLER` selects one.

use lrt::http::{Body, Request, Response};
use lrt::prelude::*;
use std::time::Duration;
use tracing::{Instrument, info, info_span};

#[derive(serde::Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Task {
    /// Looks up the price of an item, in a span.
    Price {
        item: String,
    },
    Panic,
    /// Never replies.
    Wait,
    /// Sleeps.
    Sleep {
        ms: u64,
    },
}

#[handler(init = init, layer = lrt_otel::layer(), shutdown = shutdown)]
async fn json(task: Task, _: &()) -> Result<u32, Error> {
    match task {
        Task::Price { item } => {
            let price = price(&item).instrument(info_span!("price", item)).await?;
            info!(price, "found");
            Ok(price)
        }
        Task::Panic => panic!("on purpose"),
        Task::Wait => std::future::pending().await,
        Task::Sleep { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(0)
        }
    }
}

async fn price(item: &str) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    match item {
        "tea" => Ok(350),
        _ => Err(Error::named("NotSold", item)),
    }
}

async fn shutdown(_: &()) {
    lrt_otel::flush().await;
}

#[handler(http, layer = lrt_otel::layer())]
async fn http(request: Request) -> Result<Response, Error> {
    match request.uri().path() {
        "/error" => Err(Error::msg("on purpose")),
        "/wait" => std::future::pending().await,
        "/missing" => Ok(StatusCode::NOT_FOUND.into_response()),
        _ => Ok(Response::new(Body::from("ok"))),
    }
}

#[handler(sqs, layer = lrt_otel::layer())]
async fn sqs(n: u32) -> Result<(), Error> {
    async {}.instrument(info_span!("work", n)).await;
    if n == 7 { Err(Error::msg("seven")) } else { Ok(()) }
}

#[handler(streaming, layer = lrt_otel::layer())]
async fn stream(n: u32) -> Result<impl futures_util::Stream<Item = Result<String, Error>>, Error> {
    let chunk = move |i: u32| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if i == 7 { Err(Error::msg("seven")) } else { Ok(i.to_string()) }
    };
    Ok(futures_util::StreamExt::then(futures_util::stream::iter(0..n), chunk))
}

async fn init() -> Result<(), Error> {
    info!("in init");
    Ok(())
}

lrt::main!(json, http, sqs, stream);
