use lrt::prelude::*;

#[lambda(streaming, schedule = "rate(5 minutes)")]
async fn tick() -> impl futures_util::Stream<Item = String> + Send {
    futures_util::stream::iter(["a".to_owned()])
}
