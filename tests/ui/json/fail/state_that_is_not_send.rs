use lrt::prelude::*;
use std::rc::Rc;

#[lambda(init = connect)]
async fn process(_: String, _: &Rc<u8>) {}

async fn connect() -> Rc<u8> {
    Rc::new(1)
}
