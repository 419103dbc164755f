use lrt::idempotency::{Idempotency, MemoryStore, Store};
use lrt::prelude::*;
use std::sync::Arc;
use std::time::Duration;

pub struct App {
    store: MemoryStore,
    boxed: Box<dyn Store>,
    shared: Arc<dyn Store>,
}

async fn connect() -> App {
    App { store: MemoryStore::new(), boxed: Box::new(MemoryStore::new()), shared: Arc::new(MemoryStore::new()) }
}

#[derive(serde::Deserialize)]
pub struct Order {
    id: String,
}

#[handler(sqs, init = connect, record_layer = |app: &App| Idempotency::by(|order: &Order| order.id.clone()).store(&app.store))]
async fn charge(order: Order, _: &App) -> Result<(), Error> {
    println!("{}", order.id);
    Ok(())
}

#[handler(dynamodb, init = connect, record_layer = |app: &App| Idempotency::by_record_id().store(&app.boxed))]
async fn index(change: Change<Order>) -> Result<(), Error> {
    println!("{}", change.id());
    Ok(())
}

#[handler(
    http_api,
    route = "POST /payments",
    init = connect,
    layer = |app: &App| Idempotency::by_header("idempotency-key").store(app.shared.clone()).optional(),
)]
async fn pay(Json(order): Json<Order>, _: &App) -> Result<Json<String>, Error> {
    Ok(Json(order.id))
}

#[handler(layer = Idempotency::by(|(a, b): &(u32, u32)| a + b).expires_after(Duration::from_secs(60)).store(MemoryStore::new()))]
async fn add((a, b): (u32, u32)) -> u32 {
    a + b
}

lrt::main!(charge, index, pay, add);
