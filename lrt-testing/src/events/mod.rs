//! Events to invoke a function with.
//!
//! | Builder | Event |
//! |---|---|
//! | [`json`] | any value, for functions that take JSON |
//! | [`sqs`](sqs()), [`sqs_fifo`], with [`message`]s | messages of an SQS queue |
//! | [`sns`](sns()), [`eventbridge`](eventbridge()) and [`s3`](s3()), with [`object`]s | an event that these services send to a function or to a queue |
//! | [`scheduled`] | an event that a schedule of EventBridge sends to a function |
//! | [`dynamodb`](dynamodb()), with [`insert`], [`modify`] and [`remove`] | changes of a DynamoDB table |
//! | [`kafka`](kafka()), [`kafka_self_managed`], with [`kafka_record`]s | records of Kafka topics |
//! | [`kinesis`](kinesis()), with [`kinesis_record`]s | records of a Kinesis stream |
//! | [`cloudwatch_logs`](cloudwatch_logs()) | log events of a subscription filter |
//! | [`failed_batch`], [`async_invocation`] | a record that Lambda sends to a destination |
//! | [`firehose`](firehose()), with [`firehose_record`]s | records of a Firehose stream |
//! | [`rest_api`], [`http_api`], [`function_url`], [`alb`], [`lattice`] | an HTTP request, as the service forwards it |
//! | [`websocket`] | a WebSocket connection, message or disconnection |
//! | the builders of API Gateway, with [`for_authorizer`](HttpEvent::for_authorizer) | a request that a Lambda authorizer decides about |
//!
//! Everything that a test does not set has the form that Lambda sends and is the same in each run, so that snapshots are stable.

mod cloudwatch_logs;
mod destination;
mod dynamodb;
mod eventbridge;
mod firehose;
mod http;
mod json;
mod kafka;
mod kinesis;
mod overrides;
mod s3;
mod sns;
mod source;
mod sqs;
mod window;

pub use cloudwatch_logs::{CloudWatchLogsEvent, cloudwatch_logs};
pub use destination::{AsyncInvocationEvent, FailedBatchEvent, async_invocation, failed_batch};
pub use dynamodb::{DynamoDbEvent, ItemChange, Set, StreamView, dynamodb, insert, item, modify, remove};
pub use eventbridge::{EventBridgeEvent, eventbridge, scheduled};
pub use firehose::{FirehoseEvent, FirehoseRecord, firehose, firehose_record};
pub use http::{
    Alb, ApiOrigin, FunctionUrl, HttpApi, HttpEvent, HttpOrigin, Lattice, RestApi, WebSocket, alb, function_url,
    http_api, lattice, rest_api, websocket,
};
pub use json::{JsonEvent, json};
pub use kafka::{KafkaEvent, KafkaRecord, kafka, kafka_record, kafka_self_managed};
pub use kinesis::{KinesisEvent, KinesisRecord, kinesis, kinesis_record};
pub use s3::{S3Event, S3Object, object, s3};
pub use sns::{SnsEvent, sns};
pub use sqs::{MessageAttribute, SqsEvent, SqsMessage, message, sqs, sqs_fifo};
