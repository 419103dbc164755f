use lrt::idempotency::{Idempotency, MemoryStore};
use lrt::prelude::*;

#[lambda(streaming, layer = Idempotency::by(|to: &u32| *to).store(MemoryStore::new()))]
async fn count(to: u32) -> impl futures_util::Stream<Item = String> {
    futures_util::stream::iter([to.to_string()])
}
