//! Records of Kafka topics.

mod record;

pub use record::{KafkaRecord, kafka_record};

use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Records of Kafka topics on Amazon MSK, as Lambda hands them to a function
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
/// // The third is behind the second in its partition, and so was not started.
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

/// Records of a cluster of one's own, which has no ARN
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

/// The event that [`kafka`] and [`kafka_self_managed`] begin.
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
    records: Vec<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Record(KafkaRecord),
    Raw(Value),
}

impl KafkaEvent {
    /// A record whose value is this one as JSON.
    pub fn json(self, value: &impl Serialize) -> KafkaEvent {
        self.record(kafka_record().json(value))
    }

    /// A record whose value is this text, be it JSON or not.
    pub fn text(self, value: impl Into<String>) -> KafkaEvent {
        self.record(kafka_record().text(value))
    }

    /// A record with these bytes.
    pub fn bytes(self, value: impl Into<Vec<u8>>) -> KafkaEvent {
        self.record(kafka_record().bytes(value))
    }

    /// A record without a value, which says that its key is gone.
    pub fn tombstone(self, key: impl Into<Vec<u8>>) -> KafkaEvent {
        self.record(kafka_record().key(key))
    }

    /// A record in detail: [`kafka_record`].
    pub fn record(self, record: KafkaRecord) -> KafkaEvent {
        self.entry(Entry::Record(record))
    }

    /// A record that is written as it is, for those that Kafka would never send.
    pub fn raw(self, record: Value) -> KafkaEvent {
        self.entry(Entry::Raw(record))
    }

    fn entry(mut self, entry: Entry) -> KafkaEvent {
        let (topic, number) = (&self.topic, self.partition);
        match self.partitions.iter_mut().find(|partition| partition.topic == *topic && partition.number == number) {
            Some(partition) => partition.records.push(entry),
            None => self.partitions.push(Partition { topic: topic.clone(), number, records: vec![entry] }),
        }
        self
    }

    /// The topic of all records that follow; `topic` unless set.
    pub fn topic(mut self, name: impl Into<String>) -> KafkaEvent {
        self.topic = name.into();
        self
    }

    /// The partition of all records that follow; 0 unless set.
    pub fn partition(mut self, number: u32) -> KafkaEvent {
        self.partition = number;
        self
    }

    /// The brokers, as `bootstrapServers` has them.
    pub fn bootstrap_servers(mut self, servers: impl Into<String>) -> KafkaEvent {
        self.bootstrap_servers = servers.into();
        self
    }

    /// The cluster's name.
    pub fn cluster(mut self, name: impl Into<String>) -> KafkaEvent {
        self.cluster = name.into();
        self
    }

    /// The cluster's region; `us-east-1` unless set.
    pub fn region(self, region: impl Into<String>) -> KafkaEvent {
        self.of_msk(|source| source.set_region(region.into()))
    }

    /// The account of the cluster; `123456789012` unless set.
    pub fn account(self, account: impl Into<String>) -> KafkaEvent {
        self.of_msk(|source| source.set_account(account.into()))
    }

    /// The cluster's ARN, in place of what cluster, region and account make.
    pub fn arn(self, arn: impl Into<String>) -> KafkaEvent {
        self.of_msk(|source| source.set_arn(arn.into()))
    }

    /// A cluster of one's own has none of this.
    fn of_msk(mut self, change: impl FnOnce(&mut Source)) -> KafkaEvent {
        self.source.as_mut().map(change);
        self
    }

    /// The event as JSON.
    ///
    /// # Panics
    ///
    /// When a value cannot be written as JSON.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }
}

impl IntoEvent for KafkaEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let mut records = Vec::with_capacity(self.partitions.len());
        // Times go on over all partitions, offsets within each.
        let mut number = 0;
        for partition in &self.partitions {
            let mut written = Vec::with_capacity(partition.records.len());
            for (at, entry) in partition.records.iter().enumerate() {
                number += 1;
                let place = record::Place { number, at, topic: &partition.topic, partition: partition.number };
                written.push(match entry {
                    Entry::Record(record) => Record::Record(Box::new(record.wire(&place)?)),
                    Entry::Raw(record) => Record::Raw(record),
                });
            }
            records.push((format!("{}-{}", partition.topic, partition.number), written));
        }
        let resource = format!("cluster/{}/e9f754c6-d29a-4430-a7db-958a19fd2c54-4", self.cluster);
        let event = Wire {
            event_source: if self.source.is_some() { "aws:kafka" } else { "SelfManagedKafka" },
            event_source_arn: self.source.as_ref().map(|source| source.arn(&resource)),
            bootstrap_servers: &self.bootstrap_servers,
            records: Partitions(records),
        };
        write(&event).map(Bytes::from)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    event_source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source_arn: Option<String>,
    bootstrap_servers: &'a str,
    records: Partitions<'a>,
}

/// An object whose keys keep their order.
struct Partitions<'a>(Vec<(String, Vec<Record<'a>>)>);

impl Serialize for Partitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, records)| (name, records)))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Record(Box<record::Wire<'a>>),
    Raw(&'a Value),
}
