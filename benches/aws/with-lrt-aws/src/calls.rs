//! Reads an item from DynamoDB as many times as the event says.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lrt::prelude::*;

#[lambda(init = connect)]
async fn calls(count: u32, db: &Client) -> Result<(), Error> {
    for _ in 0..count {
        db.get_item().table_name("notes").key("id", AttributeValue::S("7".into())).send().await?;
    }
    Ok(())
}

async fn connect() -> Client {
    Client::new(&lrt_aws::config().load().await)
}
