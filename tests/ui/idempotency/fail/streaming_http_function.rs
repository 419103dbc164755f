use lrt::idempotency::{Idempotency, MemoryStore};
use lrt::prelude::*;

struct App {
    store: MemoryStore,
}

async fn connect() -> App {
    App { store: MemoryStore::new() }
}

#[lambda(
    function_url,
    streaming,
    init = connect,
    layer = |app: &App| Idempotency::by_header("idempotency-key").store(&app.store),
)]
async fn pay(_: &App) -> &'static str {
    "paid"
}
