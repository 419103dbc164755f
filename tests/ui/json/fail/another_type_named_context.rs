use lrt::prelude::*;
mod other {
    pub struct Context;
}

#[lambda]
async fn process(_: String, _: other::Context) {}
