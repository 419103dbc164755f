#![deny(warnings, missing_docs, unreachable_pub)]
//! A public function may borrow private types.

use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

mod orders {
    use lrt::prelude::*;

    struct Db;

    #[derive(serde::Deserialize)]
    pub(crate) struct Order {
        pub(crate) id: u64,
    }

    #[handler(sqs, init = connect)]
    #[allow(private_interfaces)]
    pub(crate) async fn store(order: Order, _: &Db) -> Result<(), Error> {
        if order.id == 0 { Err(Error::msg("no order")) } else { Ok(()) }
    }

    async fn connect() -> Db {
        Db
    }

    pub(crate) mod deep {
        use lrt::prelude::*;

        #[handler(http, name = "deep-get", route = "GET /orders/{id}")]
        pub(crate) async fn get(Path(id): Path<u64>) -> String {
            id.to_string()
        }

        #[handler(init = super::connect, layer = |_: &super::Db| tower::timeout::TimeoutLayer::new(std::time::Duration::MAX))]
        #[allow(private_interfaces)]
        pub(crate) async fn r#type(_: &super::Db) {}
    }

    pub(crate) use deep::get;

    #[cfg(test)]
    mod tests {
        use lrt::testing::{Harness, events};

        #[allow(dead_code)]
        async fn private_state() {
            let harness = Harness::<super::store>::with_state(super::Db);
            let deep = Harness::<super::deep::r#type>::with_state(super::Db);
            drop((harness.invoke(events::sqs().text("{}")).await, deep.invoke("").await));
        }
    }
}

lrt::main!(process, orders::store, self::orders::get, crate::orders::deep::r#type,);
