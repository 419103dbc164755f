use lrt::prelude::*;

struct Orders;

impl Orders {
    #[lambda]
    async fn process(_: String) {}
}
