use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(a: &u8, b: &u8) -> u8 {
    a + b
}

async fn connect() -> (u8, String) {
    (1, String::new())
}
