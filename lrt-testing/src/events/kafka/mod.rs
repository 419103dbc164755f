//! Events of Kafka topics.

mod record;

use record::{KafkaPosition, KafkaRecordJson};
pub use record::{KafkaRecord, kafka_record};

use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Starts an event with records of topics on Amazon MSK
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event)).
///
/// ```
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Order { id: u64 }
///
/// async fn process(order: Order) -> Result<(), String> {
///     if order.id == 2 { Err("out of stock".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let order = |id| Order { id };
/// let event = events::kafka().json(&order(1)).json(&order(2)).json(&order(3)).partition(1).json(&order(4));
/// let outcome = lrt::kafka(process).harness().invoke(event).await;
/// // The third record follows a failed one of its partition, so it was not started.
/// assert_eq!(outcome.batch_failures(), ["topic-0:101", "topic-0:102"]);
/// # }
/// ```
pub fn kafka() -> KafkaEvent {
    KafkaEvent {
        source: Some(Source::of("kafka")),
        cluster: "cluster".to_owned(),
        bootstrap_servers: "b-1.cluster.kafka.us-east-1.amazonaws.com:9092".to_owned(),
        topic: "topic".to_owned(),
        partition: 0,
        partitions: Vec::new(),
    }
}

/// Starts an event with records of a self-managed cluster, which has no ARN
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html#smaa-sample-event)).
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::kafka_self_managed().text("a").build();
/// assert_eq!(event["eventSource"], "SelfManagedKafka");
/// assert_eq!(event["records"]["topic-0"][0]["value"], "YQ==");
/// ```
pub fn kafka_self_managed() -> KafkaEvent {
    KafkaEvent { source: None, bootstrap_servers: "kafka.example.com:9092".to_owned(), ..kafka() }
}

/// Builder of a Kafka event, created by [`kafka`] and [`kafka_self_managed`].
#[derive(Clone, Debug)]
#[must_use]
pub struct KafkaEvent {
    source: Option<Source>,
    cluster: String,
    bootstrap_servers: String,
    topic: String,
    partition: u32,
    partitions: Vec<Partition>,
}

#[derive(Clone, Debug)]
struct Partition {
    topic: String,
    number: u32,
    records: Vec<KafkaEntry>,
}

#[derive(Clone, Debug)]
enum KafkaEntry {
    Record(KafkaRecord),
    Raw(Value),
}

impl KafkaEvent {
    /// Adds a record with this value as JSON.
    pub fn json(self, value: &impl Serialize) -> KafkaEvent {
        self.record(kafka_record().json(value))
    }

    /// Adds a record with this text, which may be invalid JSON.
    pub fn text(self, value: impl Into<String>) -> KafkaEvent {
        self.record(kafka_record().text(value))
    }

    /// Adds a record with these bytes.
    pub fn bytes(self, value: impl Into<Vec<u8>>) -> KafkaEvent {
        self.record(kafka_record().bytes(value))
    }

    /// Adds a record without a value, which marks its key as deleted.
    pub fn tombstone(self, key: impl Into<Vec<u8>>) -> KafkaEvent {
        self.record(kafka_record().key(key))
    }

    /// Adds a record built with [`kafka_record`].
    pub fn record(self, record: KafkaRecord) -> KafkaEvent {
        self.entry(KafkaEntry::Record(record))
    }

    /// Adds raw JSON as a record, for records that Kafka would never send.
    pub fn raw(self, record: Value) -> KafkaEvent {
        self.entry(KafkaEntry::Raw(record))
    }

    fn entry(mut self, entry: KafkaEntry) -> KafkaEvent {
        let (topic, number) = (&self.topic, self.partition);
        match self.partitions.iter_mut().find(|partition| partition.topic == *topic && partition.number == number) {
            Some(partition) => partition.records.push(entry),
            None => self.partitions.push(Partition { topic: topic.clone(), number, records: vec![entry] }),
        }
        self
    }

    /// Sets the topic of all following records. The default is `topic`.
    pub fn topic(mut self, name: impl Into<String>) -> KafkaEvent {
        self.topic = name.into();
        self
    }

    /// Sets the partition of all following records. The default is 0.
    pub fn partition(mut self, number: u32) -> KafkaEvent {
        self.partition = number;
        self
    }

    /// Sets `bootstrapServers`.
    pub fn bootstrap_servers(mut self, servers: impl Into<String>) -> KafkaEvent {
        self.bootstrap_servers = servers.into();
        self
    }

    /// Sets the cluster's name.
    pub fn cluster(mut self, name: impl Into<String>) -> KafkaEvent {
        self.cluster = name.into();
        self
    }

    /// Sets the cluster's region. The default is `us-east-1`.
    pub fn region(self, region: impl Into<String>) -> KafkaEvent {
        self.of_msk(|source| source.set_region(region.into()))
    }

    /// Sets the cluster's account. The default is `123456789012`.
    pub fn account(self, account: impl Into<String>) -> KafkaEvent {
        self.of_msk(|source| source.set_account(account.into()))
    }

    /// Sets the cluster's ARN, which replaces cluster, region and account.
    pub fn arn(self, arn: impl Into<String>) -> KafkaEvent {
        self.of_msk(|source| source.set_arn(arn.into()))
    }

    /// Changes the source, which has these values only for Amazon MSK.
    fn of_msk(mut self, change: impl FnOnce(&mut Source)) -> KafkaEvent {
        self.source.as_mut().map(change);
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if a value cannot be serialized as JSON.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }
}

impl IntoEvent for KafkaEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let mut records = Vec::with_capacity(self.partitions.len());
        // Times increase across all partitions, and offsets within each partition.
        let mut number = 0;
        for partition in &self.partitions {
            let mut written = Vec::with_capacity(partition.records.len());
            for (at, entry) in partition.records.iter().enumerate() {
                number += 1;
                let position = KafkaPosition { number, at, topic: &partition.topic, partition: partition.number };
                written.push(match entry {
                    KafkaEntry::Record(record) => KafkaEntryJson::Record(Box::new(record.to_json(&position)?)),
                    KafkaEntry::Raw(record) => KafkaEntryJson::Raw(record),
                });
            }
            records.push((format!("{}-{}", partition.topic, partition.number), written));
        }
        let resource = format!("cluster/{}/e9f754c6-d29a-4430-a7db-958a19fd2c54-4", self.cluster);
        let event = KafkaJson {
            event_source: if self.source.is_some() { "aws:kafka" } else { "SelfManagedKafka" },
            event_source_arn: self.source.as_ref().map(|source| source.arn(&resource)),
            bootstrap_servers: &self.bootstrap_servers,
            records: PartitionsJson(records),
        };
        write(&event).map(Bytes::from)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KafkaJson<'a> {
    event_source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source_arn: Option<String>,
    bootstrap_servers: &'a str,
    records: PartitionsJson<'a>,
}

/// A JSON object that keeps the order of its members.
struct PartitionsJson<'a>(Vec<(String, Vec<KafkaEntryJson<'a>>)>);

impl Serialize for PartitionsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, records)| (name, records)))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum KafkaEntryJson<'a> {
    Record(Box<KafkaRecordJson<'a>>),
    Raw(&'a Value),
}
