use lrt::prelude::*;

#[lambda(sqs)]
async fn process(messages: Vec<Message<u64>>) -> Result<(), Error> {
    let _ = messages;
    Ok(())
}
