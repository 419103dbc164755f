use lrt::prelude::*;

struct Orders;

impl Orders {
    #[lambda]
    async fn process(&self, _: String) {}
}
