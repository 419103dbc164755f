use lrt::prelude::*;

struct Db;

#[lambda(init = connect)]
async fn process(_: String, _: &Db) {}

async fn connect() -> (Db, u8, u16, u32, u64, i8, i16) {
    (Db, 1, 2, 3, 4, 5, 6)
}
