//! The source of an event and the traces of its records.

use crate::parent;
use opentelemetry::trace::SpanContext;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;

/// The parts of an event that its span contains.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) source: Source,
    pub(crate) count: usize,
    /// The senders of the records.
    pub(crate) links: Vec<SpanContext>,
}

/// The service that an event comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    Messages {
        system: &'static str,
        destination: String,
    },
    /// Changes of a table or a bucket.
    Data {
        collection: String,
    },
    /// An event of EventBridge.
    Event,
    Timer,
    #[default]
    Other,
}

/// A string, which is borrowed unless it contains escapes. serde never borrows the `Cow` of an `Option<Cow<str>>`.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// An event with the members that concern its source.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default, rename = "Records")]
    records: Vec<Record<'a>>,
    #[serde(borrow, default, rename = "records")]
    partitions: BTreeMap<Text<'a>, Vec<KafkaRecord>>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, alias = "EventSource", rename = "eventSource")]
    source: Option<Text<'a>>,
    #[serde(borrow, rename = "eventSourceARN")]
    arn: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<SqsAttributes<'a>>,
    #[serde(borrow, default, rename = "messageAttributes")]
    message_attributes: MessageAttributes<'a>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(borrow, rename = "Sns")]
    sns: Option<Notification<'a>>,
    #[serde(borrow)]
    s3: Option<S3<'a>>,
}

#[derive(Deserialize)]
struct SqsAttributes<'a> {
    #[serde(borrow, rename = "AWSTraceHeader")]
    trace_header: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
struct MessageAttributes<'a> {
    #[serde(borrow)]
    traceparent: Option<MessageAttribute<'a>>,
}

#[derive(Deserialize)]
struct MessageAttribute<'a> {
    #[serde(borrow, alias = "Value", rename = "stringValue")]
    value: Option<Text<'a>>,
}

/// A notification of SNS, in an event or as the body of an SQS message.
#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow, rename = "TopicArn")]
    topic: Option<Text<'a>>,
    #[serde(borrow, default, rename = "MessageAttributes")]
    attributes: MessageAttributes<'a>,
}

#[derive(Deserialize)]
struct S3<'a> {
    #[serde(borrow)]
    bucket: Bucket<'a>,
}

#[derive(Deserialize)]
struct Bucket<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct KafkaRecord {
    topic: String,
    /// Each header is a map from its name to its bytes.
    #[serde(default)]
    headers: Vec<BTreeMap<String, Vec<i16>>>,
}

impl MessageAttributes<'_> {
    fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_ref()?.value.as_deref()
    }
}

/// Reads an event. One that has none of the known forms is an event of another source.
pub(crate) fn read(payload: &[u8]) -> Records {
    let Ok(event) = serde_json::from_slice::<Event<'_>>(payload) else { return Records::default() };
    if let Some(kafka) = event.partitions.values().flatten().next() {
        let records = event.partitions.values().flatten();
        let source = Source::Messages { system: "kafka", destination: kafka.topic.clone() };
        return Records {
            source,
            count: records.clone().count(),
            links: records.filter_map(KafkaRecord::sender).collect(),
        };
    }
    let source = match event.records.first() {
        Some(record) => record.source_of_event(),
        None => match event.detail_type.as_deref() {
            Some("Scheduled Event") => Source::Timer,
            Some(_) => Source::Event,
            None => Source::Other,
        },
    };
    Records { source, count: event.records.len(), links: event.records.iter().filter_map(Record::sender).collect() }
}

impl Record<'_> {
    fn source_of_event(&self) -> Source {
        let arn = self.arn.as_deref().unwrap_or_default();
        // `arn:aws:sqs:eu-central-1:123456789012:orders`
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let name = resource.split('/').nth(1).unwrap_or(resource).to_owned();
        match self.source.as_deref() {
            Some("aws:sqs") => Source::Messages { system: "aws_sqs", destination: name },
            Some("aws:kinesis") => Source::Messages { system: "aws_kinesis", destination: name },
            Some("aws:sns") => {
                let topic = self.sns.as_ref().and_then(|sns| sns.topic.as_deref()).unwrap_or_default();
                Source::Messages {
                    system: "aws.sns",
                    destination: topic.rsplit(':').next().unwrap_or_default().to_owned(),
                }
            }
            Some("aws:dynamodb") => Source::Data { collection: name },
            Some("aws:s3") => {
                let bucket = self.s3.as_ref().map(|s3| s3.bucket.name.to_string());
                Source::Data { collection: bucket.unwrap_or_default() }
            }
            _ => Source::Other,
        }
    }

    /// Returns the span that the record was sent from.
    fn sender(&self) -> Option<SpanContext> {
        let trace_header = self.attributes.as_ref().and_then(|attributes| attributes.trace_header.as_deref());
        let own = self.message_attributes.traceparent();
        let of_topic = self.sns.as_ref().and_then(|sns| sns.attributes.traceparent());
        if let Some(traceparent) = own.or(of_topic) {
            return parent::of_record(Some(traceparent), trace_header);
        }
        // A message of a topic that the queue has subscribed to.
        let body = self.body.as_deref().filter(|body| body.contains("\"TopicArn\"") && body.contains("traceparent"));
        let notification = body.and_then(|body| serde_json::from_str::<Notification<'_>>(body).ok());
        let traceparent = notification.as_ref().and_then(|notification| notification.attributes.traceparent());
        parent::of_record(traceparent, trace_header)
    }
}

impl KafkaRecord {
    fn sender(&self) -> Option<SpanContext> {
        let bytes = self.headers.iter().find_map(|header| header.get("traceparent"))?;
        let bytes: Option<Vec<u8>> = bytes.iter().map(|byte| u8::try_from(*byte).ok()).collect();
        parent::of_record(Some(std::str::from_utf8(&bytes?).ok()?), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    fn links(event: &Value) -> Vec<String> {
        read(event.to_string().as_bytes()).links.iter().map(|link| link.span_id().to_string()).collect()
    }

    #[test]
    fn each_record_with_a_trace_is_a_link() {
        let notification = json!({"Type": "Notification", "TopicArn": "arn:aws:sns:r:1:orders", "Message": "a \"b\"",
            "MessageAttributes": {"traceparent": {"Type": "String", "Value": W3C}}});
        let event = json!({"Records": [
            {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:r:1:orders", "body": "", "attributes": {"AWSTraceHeader": XRAY}},
            {"eventSource": "aws:sqs", "body": "", "attributes": {}, "messageAttributes": {"traceparent": {"stringValue": W3C}}},
            {"eventSource": "aws:sqs", "body": "", "attributes": {"AWSTraceHeader": "invalid"}},
            {"eventSource": "aws:sqs", "body": notification.to_string(), "attributes": {"AWSTraceHeader": XRAY}},
        ]});
        assert_eq!(links(&event), ["53995c3f42cd8ad8", "b7ad6b7169203331", "b7ad6b7169203331"]);
        let records = read(event.to_string().as_bytes());
        let source = Source::Messages { system: "aws_sqs", destination: "orders".to_owned() };
        assert_eq!((records.source, records.count), (source, 4));
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        let json = r#"{"Records": [{"eventSource": "aws:s3", "body": "a\nb", "s3": {"bucket": {"name": "photos"}}}],
            "records": {"orders-0": []}, "detail-type": "OrderPlaced"}"#;
        let event: Event<'_> = serde_json::from_str(json).unwrap();
        let record = &event.records[0];
        let bucket = &record.s3.as_ref().unwrap().bucket.name;
        let topic = event.partitions.keys().next();
        for text in [record.source.as_ref(), Some(bucket), topic, event.detail_type.as_ref()] {
            assert!(matches!(text, Some(Text(Cow::Borrowed(_)))), "{text:?}");
        }
        assert_eq!(record.body.as_deref(), Some("a\nb"));
    }

    #[test]
    fn sources_are_recognized() {
        let source = |event: Value| read(event.to_string().as_bytes()).source;
        let of_arn = |source: &str, arn: &str| json!({"Records": [{"eventSource": source, "eventSourceARN": arn}]});
        let messages = |system, destination: &str| Source::Messages { system, destination: destination.to_owned() };
        assert_eq!(
            source(of_arn("aws:kinesis", "arn:aws:kinesis:r:1:stream/clicks")),
            messages("aws_kinesis", "clicks")
        );
        assert_eq!(
            source(of_arn("aws:dynamodb", "arn:aws:dynamodb:r:1:table/orders/stream/2026")),
            Source::Data { collection: "orders".to_owned() }
        );
        let sns = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:r:1:orders",
            "MessageAttributes": {"traceparent": {"Type": "String", "Value": W3C}}}}]});
        assert_eq!(links(&sns), ["b7ad6b7169203331"]);
        assert_eq!(source(sns), messages("aws.sns", "orders"));
        let s3 = json!({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "photos"}}}]});
        assert_eq!(source(s3), Source::Data { collection: "photos".to_owned() });
        let bytes: Vec<u8> = W3C.into();
        let kafka = json!({"records": {"orders-0": [{"topic": "orders", "headers": [{"traceparent": bytes}]}]}});
        assert_eq!(links(&kafka), ["b7ad6b7169203331"]);
        assert_eq!(source(kafka), messages("kafka", "orders"));
        assert_eq!(source(json!({"detail-type": "Scheduled Event"})), Source::Timer);
        assert_eq!(source(json!({"detail-type": "OrderPlaced", "detail": {}})), Source::Event);
        for other in
            [json!({}), json!([1]), json!("text"), json!({"Records": "none"}), json!({"Records": [{"body": 7}]})]
        {
            assert_eq!(source(other), Source::Other);
        }
    }
}
