//! Readings from a Kinesis stream: `cargo run -p ingest -- invoke examples/ingest/events/three-readings.json`.

mod store;

use lrt::prelude::*;
use store::Store;

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Reading {
    celsius: f64,
}

/// Stores the latest reading of each sensor. The sensor is the partition key: sensors are handled concurrently, the readings of
/// each sensor in order.
#[lambda(kinesis, init = connect, concurrency = 8)]
async fn ingest(record: Record<Reading>, store: &Store) -> Result<(), Error> {
    let Record { partition_key: sensor, data: Reading { celsius }, .. } = record;
    if !(-90.0..=60.0).contains(&celsius) {
        // It can never succeed, so it is acknowledged and does not block the shard.
        return Err(Error::permanent(format!("invalid reading of {sensor}: {celsius} °C")));
    }
    store.put(&sensor, celsius).await
}

async fn connect() -> Store {
    Store::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::events::{self, kinesis_record};
    use lrt::testing::{Harness, insta};

    lrt::snapshot_tests!(ingest, "events/*.json", state = Store::default());

    fn celsius(celsius: f64) -> Reading {
        Reading { celsius }
    }

    #[tokio::test]
    async fn latest_reading_of_each_sensor_is_stored() {
        let store = Store::default();
        let event = events::kinesis()
            .partition_key("kitchen")
            .json(&celsius(21.5))
            .json(&celsius(22.0))
            .partition_key("roof")
            .json(&celsius(-3.0));
        let outcome = Harness::<ingest>::with_state(store.clone()).invoke(event).await;
        insta::assert_json_snapshot!(outcome, @r#"
        {
          "reply": {
            "batchItemFailures": []
          }
        }
        "#);
        assert_eq!((store.latest("kitchen"), store.latest("roof")), (Some(22.0), Some(-3.0)));
    }

    #[tokio::test]
    async fn checkpoint_is_the_reading_that_was_not_stored() {
        let event = events::kinesis()
            .partition_key("kitchen")
            .json(&celsius(21.5))
            .partition_key("roof")
            .record(kinesis_record().json(&celsius(-3.0)).sequence_number("42"))
            .json(&celsius(-4.0));
        let store = Store::rejecting("roof");
        let outcome = Harness::<ingest>::with_state(store.clone()).invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["42"]);
        assert_eq!(store.latest("kitchen"), Some(21.5));
    }

    #[tokio::test]
    async fn impossible_reading_does_not_block_the_shard() {
        let event = events::kinesis().json(&celsius(1e9)).json(&celsius(21.5));
        let outcome = Harness::<ingest>::new().invoke(event).await;
        assert!(outcome.batch_failures().is_empty());
        assert!(outcome.logs()[0].contains("invalid reading of key-1: 1000000000 °C"), "{:?}", outcome.logs());
    }
}
