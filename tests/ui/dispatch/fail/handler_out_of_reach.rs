mod orders {
    use lrt::prelude::*;

    #[handler]
    async fn process(_: String) {}
}

lrt::main!(orders::process);
