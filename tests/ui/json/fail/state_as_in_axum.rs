use lrt::prelude::*;

struct Db;
struct State<T>(T);

#[lambda(init = connect)]
async fn process(_: String, State(_): State<Db>) {}

async fn connect() -> Db {
    Db
}
