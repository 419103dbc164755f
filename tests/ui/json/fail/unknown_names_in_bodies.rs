use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(_: String, _: &u8) -> Result<u8, Error> {
    Ok(order)
}

async fn connect() -> u8 {
    url
}
