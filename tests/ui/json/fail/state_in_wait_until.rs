use lrt::prelude::*;

struct Db;

impl Db {
    async fn log(&self) {}
}

#[lambda(init = connect)]
async fn process(_: String, ctx: Context, db: &Db) {
    ctx.wait_until(async move { db.log().await });
}

async fn connect() -> Db {
    Db
}
