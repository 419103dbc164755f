//! `cargo run -- sample`: an event to try the function with.

/// An event of this kind, as Lambda sends it, and what a user should know of it.
pub(super) fn sample(kind: &str) -> Sample {
    let (event, note) = match kind {
        "sqs" => (include_str!("sample/sqs.json"), "two messages: put into `body` what the function takes"),
        "dynamodb" => {
            (include_str!("sample/dynamodb.json"), "two changes: put into the images what the function takes")
        }
        "kinesis" => {
            (include_str!("sample/kinesis.json"), "two records: put into `data`, in base64, what the function takes")
        }
        "kafka" => {
            (include_str!("sample/kafka.json"), "two records: put into `value`, in base64, what the function takes")
        }
        _ => (include_str!("sample/json.json"), "an example: any JSON goes that the function takes"),
    };
    Sample { event: event.trim_end(), note }
}

pub(super) struct Sample {
    pub(super) event: &'static str,
    pub(super) note: &'static str,
}

#[cfg(test)]
#[cfg(all(feature = "testing", feature = "batch"))]
mod tests {
    use super::sample;
    use crate::testing::events::{self, kafka_record, message};
    use serde_json::{Value, json};

    fn event(kind: &str) -> Value {
        serde_json::from_str(sample(kind).event).unwrap()
    }

    #[test]
    fn samples_are_what_the_builders_make() {
        let messages = [
            (
                "8a4c2f1e-6d0b-4b57-9e3a-2f5d7c1b9e60",
                "AQEBkq0wJ2b1rT8hVx5sYd3m",
                r#"{"id":1,"item":"tea","quantity":2}"#,
            ),
            (
                "c19b7e54-3f82-4a06-b1d5-70e8a6f42d9c",
                "AQEBz7Lc4nQe0uFi9pWk6gXo",
                r#"{"id":2,"item":"cup","quantity":1}"#,
            ),
        ];
        let sqs = messages.into_iter().fold(events::sqs(), |event, (id, receipt_handle, body)| {
            event.message(message().id(id).receipt_handle(receipt_handle).text(body))
        });
        assert_eq!(event("sqs"), sqs.build());

        let tea = |price: f64| json!({"id": "tea", "name": "Green tea", "price": price});
        let dynamodb = events::dynamodb().insert(&tea(3.5)).modify(&tea(3.5), &tea(3.25));
        assert_eq!(event("dynamodb"), dynamodb.build());

        let reading = |celsius: f64| json!({"sensor": "kitchen", "celsius": celsius});
        let kinesis = events::kinesis().partition_key("kitchen").json(&reading(21.5)).json(&reading(22.0));
        assert_eq!(event("kinesis"), kinesis.build());

        let order = |id: u32, item: &str| kafka_record().json(&json!({"id": id, "item": item})).key("customer-7");
        let kafka =
            events::kafka().topic("orders").record(order(1, "tea").header("source", "shop")).record(order(2, "cup"));
        assert_eq!(event("kafka"), kafka.build());
        assert_eq!(event("json"), json!({"name": "Ada"}));
    }
}
