use lrt::prelude::*;

macro_rules! function {
    ($name:ident, $order:ty, $db:ty, $init:path, $margin:expr) => {
        #[lambda(init = $init, deadline_margin = $margin)]
        async fn $name(order: $order, _: &$db) -> $order {
            order
        }
    };
}

struct Db;

async fn connect() -> Db {
    Db
}

function!(process, u64, Db, connect, std::time::Duration::from_millis(5));
