use lrt::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, Serialize, Deserialize)]
struct Totals {
    sum: f64,
}

struct Db;

async fn connect() -> Db {
    Db
}

#[lambda(kinesis, init = connect, window_end = publish)]
async fn add(celsius: f64, totals: Window<Totals>, db: &Db) {
    let _ = db;
    totals.update(|totals| totals.sum += celsius);
}

async fn publish(totals: Window<Totals>, db: &Db, ctx: Context) -> Result<(), Error> {
    let _ = (totals.read().sum, db, ctx);
    Ok(())
}
