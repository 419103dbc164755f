use lrt::prelude::*;

struct Db;

async fn connect() -> Db {
    Db
}

#[lambda(init = connect, layer = |db: &Db| 7_u8)]
async fn process(name: String) -> String {
    name
}
