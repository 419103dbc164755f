use lrt::prelude::*;

trait Store: Send + Sync {}

#[lambda(init = connect)]
async fn process(_: &dyn Store) {}

async fn connect() -> Box<dyn Store> {
    unimplemented!()
}
