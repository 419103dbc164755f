use lrt::prelude::*;

struct Db;

#[lambda]
async fn process(order: String, db: &Db) {}
