use lrt::prelude::*;

struct Db;

async fn connect() -> Db {
    Db
}

#[lrt::defaults(int = connect, name = "orders")]
mod orders {
    use super::*;

    #[handler]
    pub(crate) async fn process(_: String, _: &Db) {}

    #[handler]
    pub(crate) async fn cancel(_: String, _: &Db) {}
}

lrt::main!(orders::process, orders::cancel);
