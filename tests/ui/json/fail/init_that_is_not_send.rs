use lrt::prelude::*;
use std::rc::Rc;

#[lambda(init = connect)]
async fn process(_: String, _: &u8) {}

async fn connect() -> u8 {
    let one = Rc::new(1);
    std::future::ready(()).await;
    *one
}
