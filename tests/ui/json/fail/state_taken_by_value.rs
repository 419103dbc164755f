use lrt::prelude::*;
use std::sync::Arc;

struct Db;

#[lambda(init = connect)]
async fn process(_: Arc<Db>) {}

async fn connect() -> Arc<Db> {
    Arc::new(Db)
}
