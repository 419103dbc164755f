use lrt::prelude::*;

struct Orders;

impl Orders {
    #[handler]
    async fn process(_: String) {}
}

lrt::main!(Orders::process);
