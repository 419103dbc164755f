use lrt::prelude::*;

#[lambda]
async fn process(message: Message<u64>) -> Result<(), Error> {
    let _ = message;
    Ok(())
}
