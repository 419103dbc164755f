//! Events to invoke a function with.
//!
//! | event | is |
//! |---|---|
//! | [`json`] | any value, for functions that take JSON |
//! | [`sqs`](sqs()), [`sqs_fifo`], with [`message`]s | messages of a queue |
//! | [`sns`](sns()), [`eventbridge`](eventbridge()) and [`s3`](s3()), with [`object`]s | what these call a function with, or send to a queue |
//! | [`dynamodb`](dynamodb()), with [`insert`], [`modify`] and [`remove`] | changes of a table |
//! | [`kafka`](kafka()), [`kafka_self_managed`], with [`kafka_record`]s | records of topics |
//! | [`kinesis`](kinesis()), with [`kinesis_record`]s | records of a stream |
//! | [`rest_api`], [`http_api`], [`function_url`], [`alb`], [`lattice`] | an HTTP request, as this service hands it on |
//! | [`websocket`] | what happens on a WebSocket connection |
//!
//! What a test does not say is as Lambda would send it, and the same in each run, so that snapshots stay as they are.

#[cfg(feature = "batch")]
mod dynamodb;
#[cfg(feature = "batch")]
mod eventbridge;
#[cfg(all(feature = "http", feature = "testing"))]
mod http;
mod json;
#[cfg(feature = "batch")]
mod kafka;
#[cfg(feature = "batch")]
mod kinesis;
#[cfg(feature = "batch")]
mod md5;
#[cfg(any(feature = "batch", feature = "http"))]
mod members;
#[cfg(feature = "batch")]
mod s3;
#[cfg(feature = "batch")]
mod sns;
#[cfg(any(feature = "batch", feature = "http"))]
mod source;
#[cfg(feature = "batch")]
mod sqs;
#[cfg(feature = "batch")]
mod window;

#[cfg(feature = "batch")]
pub use dynamodb::{DynamoDbEvent, ItemChange, Set, StreamView, dynamodb, insert, item, modify, remove};
#[cfg(feature = "batch")]
pub use eventbridge::{EventBridgeEvent, eventbridge};
#[cfg(all(feature = "http", feature = "testing"))]
pub use http::{
    Alb, ApiOrigin, FunctionUrl, HttpApi, HttpEvent, HttpOrigin, Lattice, RestApi, WebSocket, alb, function_url,
    http_api, lattice, rest_api, websocket,
};
pub use json::{JsonEvent, json};
#[cfg(feature = "batch")]
pub use kafka::{KafkaEvent, KafkaRecord, kafka, kafka_record, kafka_self_managed};
#[cfg(feature = "batch")]
pub use kinesis::{KinesisEvent, KinesisRecord, kinesis, kinesis_record};
#[cfg(feature = "batch")]
pub use s3::{S3Event, S3Object, object, s3};
#[cfg(feature = "batch")]
pub use sns::{SnsEvent, sns};
#[cfg(feature = "batch")]
pub use sqs::{MessageAttribute, SqsEvent, SqsMessage, message, sqs, sqs_fifo};
