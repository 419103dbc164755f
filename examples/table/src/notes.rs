//! The table: an item for each note, with the key `id` and the attribute `text`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lrt::prelude::*;

#[derive(serde::Deserialize, serde::Serialize)]
pub(crate) struct Note {
    text: String,
}

/// Notes in the table that the variable `TABLE` names.
pub(crate) struct Notes {
    db: Client,
    table: String,
}

pub(crate) async fn connect() -> Result<Notes, Error> {
    let table = lrt::env("TABLE")?;
    let notes = Notes { db: Client::new(&lrt_aws::config().load().await), table };
    // Opens the connection to DynamoDB before the first request arrives. The call itself is not sent.
    lrt_aws::warm(notes.db.get_item().table_name(&notes.table).key("id", text("")).send()).await;
    Ok(notes)
}

impl Notes {
    pub(crate) async fn put(&self, id: &str, note: Note) -> Result<(), Error> {
        let item = self.db.put_item().table_name(&self.table).item("id", text(id)).item("text", text(note.text));
        item.send().await?;
        Ok(())
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Note>, Error> {
        let found = self.db.get_item().table_name(&self.table).key("id", text(id)).send().await?;
        let Some(mut item) = found.item else { return Ok(None) };
        match item.remove("text") {
            Some(AttributeValue::S(text)) => Ok(Some(Note { text })),
            _ => Err(Error::named("InvalidNote", format!("note {id} has no text"))),
        }
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Tables in memory, for tests: the client is the SDK's, with mock responses.
#[cfg(test)]
pub(crate) mod fake {
    use super::*;
    use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::types::error::ProvisionedThroughputExceededException;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    type Item = HashMap<String, AttributeValue>;

    /// The items by their keys.
    #[derive(Clone, Default)]
    pub(crate) struct Table(Arc<Mutex<HashMap<String, Item>>>);

    impl Table {
        pub(crate) fn notes(&self) -> Notes {
            let (writes, reads) = (self.clone(), self.clone());
            let put = mock!(Client::put_item).then_compute_output(move |input| {
                let item = input.item().expect("a note is an item");
                writes.0.lock().unwrap().insert(key(item), item.clone());
                PutItemOutput::builder().build()
            });
            let get = mock!(Client::get_item).then_compute_output(move |input| {
                let key = key(input.key().expect("a note has a key"));
                GetItemOutput::builder().set_item(reads.0.lock().unwrap().get(&key).cloned()).build()
            });
            Notes { db: mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&put, &get]), table: "notes".into() }
        }
    }

    /// A table that rejects all reads.
    pub(crate) fn throttled() -> Notes {
        let error = || {
            GetItemError::ProvisionedThroughputExceededException(
                ProvisionedThroughputExceededException::builder().message("try later").build(),
            )
        };
        let get = mock!(Client::get_item).then_error(error);
        Notes { db: mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get]), table: "notes".into() }
    }

    fn key(item: &Item) -> String {
        item["id"].as_s().expect("the key is a text").clone()
    }
}
