use lrt::prelude::*;

trait Store: Send + Sync {}

#[lambda(init = connect)]
async fn process(store: &dyn Store) {}

async fn connect() -> Box<dyn Store> {
    unimplemented!()
}
