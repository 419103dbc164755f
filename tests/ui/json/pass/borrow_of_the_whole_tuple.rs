use lrt::prelude::*;

async fn connect() -> (u8, String) {
    (1, "orders".to_owned())
}

#[lambda(init = connect)]
async fn process(whole: &(u8, String), name: &String) -> bool {
    whole.1 == *name
}
