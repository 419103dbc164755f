use lrt::prelude::*;

#[lambda(init = connect, shutdown = close)]
async fn process(_: String, _: &u8) {}

async fn connect() -> u8 {
    1
}

async fn close(_: &u8) -> Result<(), Error> {
    Ok(())
}
