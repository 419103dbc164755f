use lrt::prelude::*;

struct Db;

#[lambda]
async fn process(_: String, _: &Db) {}
