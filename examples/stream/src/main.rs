//! Changes of a DynamoDB table: `cargo run -p stream -- invoke examples/stream/events/three-changes.json`.

mod search;

use lrt::prelude::*;
use search::Search;

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(Clone, serde::Serialize))]
struct Product {
    id: String,
    name: String,
    price: f64,
}

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct ProductKey {
    id: String,
}

/// Updates the search index with a change of the table.
#[lambda(dynamodb, init = connect)]
async fn index(change: Change<Product>, search: &Search) -> Result<(), Error> {
    match change {
        Change::Insert { new, .. } => search.put(&new.id, &new.name).await,
        Change::Modify { old: Some(old), new, .. } if old.name == new.name => {
            // The index does not contain prices.
            eprintln!("price of {}: {} -> {}", new.id, old.price, new.price);
        }
        Change::Modify { new, .. } => search.put(&new.id, &new.name).await,
        // Streams without old images contain the keys, too.
        Change::Remove { keys, .. } => search.delete(&keys.decode::<ProductKey>()?.id).await,
    }
    Ok(())
}

async fn connect() -> Search {
    Search::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::events::{self, StreamView};
    use lrt::testing::{Harness, insta};

    lrt::snapshot_tests!(index, "events/*.json", state = Search::default());

    fn product(id: &str, name: &str) -> Product {
        Product { id: id.to_owned(), name: name.to_owned(), price: 3.5 }
    }

    #[tokio::test]
    async fn index_follows_the_table() {
        let (tea, cup) = (product("tea", "Tea"), product("cup", "Cup"));
        let green = product("tea", "Green tea");
        let search = Search::default();
        let event = events::dynamodb().insert(&tea).insert(&cup).modify(&tea, &green).remove_by_ttl(&cup);
        let outcome = Harness::<index>::with_state(search.clone()).invoke(event).await;
        insta::assert_json_snapshot!(outcome, @r#"
        {
          "reply": {
            "batchItemFailures": []
          }
        }
        "#);
        assert_eq!(search.names(), ["Green tea"]);
    }

    #[tokio::test]
    async fn checkpoint_is_the_change_that_failed() {
        let event = events::dynamodb()
            .insert(&product("tea", "Tea"))
            .record(events::insert(&ProductKey { id: "no product".to_owned() }).sequence_number("42"))
            .insert(&product("cup", "Cup"));
        let search = Search::default();
        let outcome = Harness::<index>::with_state(search.clone()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["42"]);
        // Later changes are not started, to keep the order.
        assert_eq!(search.names(), ["Tea"]);
    }

    #[tokio::test]
    async fn stream_without_new_images_is_an_error() {
        let event = events::dynamodb().insert(&product("tea", "Tea")).view(StreamView::KeysOnly);
        let outcome = Harness::<index>::new().invoke(event).await;
        assert!(outcome.error().unwrap().message().contains("the stream's view type is KEYS_ONLY"));
    }
}
