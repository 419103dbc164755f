use lrt::prelude::*;

mod db {
    pub struct Db;

    impl Db {
        pub async fn connect() -> Self {
            Db
        }
    }
}

#[lambda(init = db::Db::connect)]
async fn tick(_: &db::Db) {}
