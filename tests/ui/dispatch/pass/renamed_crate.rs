extern crate lrt as other;

use other::prelude::*;

mod my {
    pub(crate) use ::lrt;
}

#[handler(crate = my::lrt)]
async fn process(_: String) {}

#[handler(crate = other, name = "second")]
async fn cancel(_: String) {}

lrt::main!(process, crate = my::lrt, cancel);
