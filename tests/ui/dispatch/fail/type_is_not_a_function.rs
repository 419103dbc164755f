use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

struct Cancel;

lrt::main!(process, Cancel);
