//! A framework for AWS Lambda functions.
//!
//! Annotate an async function with [`#[lambda]`](macro@lambda). `cargo run` serves it on your machine, and a release build is
//! the binary that Lambda runs.
//!
//! ```no_run
//! use lrt::prelude::*;
//! use std::collections::HashMap;
//!
//! #[lambda(http, route = "GET /prices/{item}", init = load_prices)]
//! async fn price(Path(item): Path<String>, prices: &Prices) -> Result<Json<u32>, StatusCode> {
//!     prices.0.get(&item).copied().map(Json).ok_or(StatusCode::NOT_FOUND)
//! }
//!
//! struct Prices(HashMap<String, u32>);
//!
//! async fn load_prices() -> Result<Prices, Error> {
//!     Ok(Prices(HashMap::from([("tea".to_owned(), 350)])))
//! }
//! ```
//!
//! # Guide
//!
//! | Topic | Content |
//! |---|---|
//! | [Functions](guide::functions) | events, parameters, return values, [`Context`], deadlines, options, the [`Builder`] |
//! | [State](guide::state), [shutdown](guide::shutdown) | code that runs once, before the first event and before the process exits |
//! | [HTTP functions](mod@http) | extractors, responses, routes, axum routers |
//! | [Authorizers](mod@authorizer) | Lambda authorizers of API Gateway, and their callers in HTTP functions |
//! | [Batch functions](mod@batch) | SQS, DynamoDB streams, Kinesis, Kafka; partial batch responses |
//! | [Payloads](guide::payloads) | payloads of batch functions that are not JSON |
//! | [Triggers](guide::triggers) | S3, EventBridge, schedules, Firehose |
//! | [Streaming](guide::streaming) | streamed replies |
//! | [Failures](guide::failures) | the effect of an error, a panic or a timeout, for each kind and trigger |
//! | [Layers](layer), [writing a layer](guide::writing_layers) | tower layers around functions and records |
//! | [Idempotency](https://docs.rs/lrt/latest/lrt/idempotency) | a layer that runs a function once per key |
//! | [Several functions](guide::several_functions) | [`#[handler]`](macro@handler) and [`main!`] |
//! | [Local Lambda](guide::local), [deployment](guide::deploy) | `cargo run`, and the template that it prints |
//! | [Testing](https://docs.rs/lrt/latest/lrt/testing) | harness, event builders, snapshots, retry simulator |
//! | [Logging](guide::logging) | formats, levels, ids, X-Ray traces |
//! | [Traces](https://docs.rs/lrt-otel) | OpenTelemetry spans of each invocation, in the crate `lrt-otel` |
//! | [Metrics](guide::metrics) | CloudWatch metrics of each invocation, and the function's own |
//! | [AWS SDK](https://docs.rs/lrt-aws) | clients with a cheap cold start, in the crate `lrt-aws` |
//! | [Migrating from lambda_runtime](https://docs.rs/lrt-compat) | existing functions on lrt, in the crate `lrt-compat` |
//! | [Managed Instances](guide::managed_instances) | several events at the same time |
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `batch` | yes | [batch functions](mod@batch): [`sqs`](fn@sqs), [`dynamodb`](fn@dynamodb), [`kinesis`](fn@kinesis), [`kafka`](fn@kafka); [`s3`](fn@s3), [`eventbridge`], [`firehose`](fn@firehose) |
//! | `http` | yes | [HTTP functions](mod@http): [`http`](fn@http), [`api_gateway`], [`function_url`], [`alb`], [`service`], …; [authorizers](mod@authorizer) |
//! | `streaming` | yes | the option [`streaming`](Builder::streaming) for JSON functions; enabled by `http` |
//! | `tracing` | yes | [log lines](guide::logging) of the crates `tracing` and `log`, and a line for each failed record |
//! | `local` | yes | the [local Lambda](guide::local), in debug builds only |
//! | `idempotency` | no | the module [`idempotency`](https://docs.rs/lrt/latest/lrt/idempotency): a layer that runs a function once per key, and replays its reply |
//! | `trace-env` | no | the [X-Ray trace](guide::logging#x-ray-traces) of each invocation in the environment, for AWS SDKs without `lrt-aws` |
//! | `metrics` | no | the option [`metrics`](https://docs.rs/lrt/latest/lrt/struct.Builder.html#method.metrics): [CloudWatch metrics](guide::metrics) of each invocation, and the function's own |
//! | `multi-thread` | no | one thread per worker on [Managed Instances](guide::managed_instances) |
//! | `testing` | no | the module `testing`, for `[dev-dependencies]` |
//! | `events-s3`, `events-cognito`, … | no | the module `events`: types of [aws_lambda_events](https://docs.rs/aws_lambda_events), one feature per service; `events-all` for all |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "http")]
pub mod authorizer;
#[cfg(feature = "batch")]
pub mod batch;
mod builder;
mod dispatch;
mod env;
#[cfg(feature = "batch")]
mod eventbridge;
mod function;
#[cfg(doc)]
pub mod guide;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "idempotency")]
pub mod idempotency;
mod json;
pub mod layer;
mod run;
#[cfg(feature = "streaming")]
mod stream;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;

/// The facade crate [metrics](https://docs.rs/metrics), whose counters, gauges and histograms become CloudWatch metrics; see
/// the option [`metrics`](Builder::metrics).
#[cfg(feature = "metrics")]
pub use ::metrics;
#[cfg(feature = "http")]
pub use authorizer::authorizer;
/// Types of the events of AWS services: the crate [aws_lambda_events](https://docs.rs/aws_lambda_events).
///
/// Each service is a feature of lrt with the name of that crate's feature and the prefix `events-`: this example needs
/// `events-s3`. `events-all` enables all services; `events-builders` adds a builder to each type, because the types cannot be
/// written as literals.
///
#[cfg_attr(feature = "events-s3", doc = "```no_run")]
#[cfg_attr(not(feature = "events-s3"), doc = "```ignore")]
/// use lrt::events::s3::S3Event;
/// use lrt::prelude::*;
///
/// #[lambda]
/// async fn on_upload(event: S3Event) -> Result<usize, Error> {
///     Ok(event.records.len())
/// }
/// ```
///
/// They can be used like any other payload: `#[lambda(sqs)] async fn on_upload(event: S3Event)` takes what a bucket sends to a
/// queue, and authorizers return the response types of the crate.
///
/// The types contain what the service sends. The keys in an `S3Event` are form-encoded (`red+flower.jpg`), and the first event of
/// a bucket, an `s3:TestEvent`, does not decode into one. The kind [`s3`](fn@s3) and [`payload::S3`] decode both.
#[cfg(feature = "events")]
pub use aws_lambda_events as events;
#[cfg(feature = "batch")]
pub use batch::{dynamodb::dynamodb, firehose::firehose, kafka::kafka, kinesis::kinesis, s3::s3, sqs::sqs};
pub use builder::Builder;
pub use env::{EnvError, EnvNames, env};
#[cfg(feature = "batch")]
pub use eventbridge::{EventBridgeKind, eventbridge};
#[cfg(feature = "http")]
pub use http::{Json, alb, api_gateway, function_url, http, http_api, lattice, rest_api, service, websocket};
pub use json::{JsonKind, json};
pub use lrt_core::{
    BoxError, Chunks, Context, Deadline, DeadlineMargin, Deployment, Environment, EnvironmentError, Error, ErrorReport,
    EventHeaders, Function, FunctionInfo, FunctionInstance, FunctionService, Handler, Initialized, Invocation, OrError,
    Reply, ReplyBuffer, ServiceFn, SharedService, Shutdown, ShutdownFn, Streamed, service_fn,
};
#[cfg(feature = "testing")]
pub use lrt_macros::snapshot_tests;
pub use lrt_macros::{defaults, handler, lambda, main};
#[cfg(feature = "testing")]
#[doc(inline)]
#[doc = include_str!("../docs/guide/testing.md")]
pub use lrt_testing as testing;
pub use run::run;
#[cfg(feature = "streaming")]
pub use stream::{JsonStream, StreamService};

/// Payloads that are not JSON, payloads of your own formats ([`Decode`](payload::Decode)), and payloads in the envelope of another
/// service.
#[cfg(feature = "batch")]
pub mod payload {
    pub use crate::batch::compressed::{CloudWatchLogs, Gzip, LogEvent};
    pub use crate::batch::decode::{Decode, Decoded, Deserialized};
    pub use crate::batch::destination::{
        AsyncInvocation, BatchInfo, DestinationRequest, DestinationResponse, FailedBatch,
    };
    pub use crate::batch::envelope::{EventBridge, Sns, SnsAttribute};
    pub use crate::batch::payload::{Raw, Text};
    pub use crate::batch::s3::{S3, ViaS3};
}

/// Changes of a DynamoDB table.
#[cfg(feature = "batch")]
pub mod dynamodb {
    pub use crate::batch::dynamodb::{
        Change, DynamoDb, Image, Keys, RawKeys, ViaChange, ViaImage, ViaKeys, from_item, to_item,
    };
    pub use lrt_core::__private::dynamodb_item::Set;
}

/// Records of a Firehose stream.
#[cfg(feature = "batch")]
pub mod firehose {
    pub use crate::batch::firehose::{Firehose, Record, ViaFirehoseRecord};
    pub use crate::batch::results::TransformedRecord;
    pub use crate::batch::transform::{RecordData, Transform, TransformReply, Transformed, Transforming};
}

/// Records of Kafka topics.
#[cfg(feature = "batch")]
pub mod kafka {
    pub use crate::batch::kafka::{Kafka, Record, Schema, ViaKafkaRecord};
}

/// Records of a Kinesis data stream.
#[cfg(feature = "batch")]
pub mod kinesis {
    pub use crate::batch::kinesis::{Kinesis, Record, ViaKinesisRecord};
}

/// Objects of S3 buckets.
#[cfg(feature = "batch")]
pub mod s3 {
    pub use crate::batch::s3::{Bucket, S3Object, ViaS3Object};
}

/// SQS messages.
#[cfg(feature = "batch")]
pub mod sqs {
    pub use crate::batch::sqs::{Attributes, Message, MessageAttribute, Sqs, ViaMessage};
}

/// Names that most functions need: `use lrt::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "http")]
    pub use crate::authorizer::{Allow, AuthRequest, Caller, Deny};
    #[cfg(feature = "batch")]
    pub use crate::batch::{Batch, BatchFailures, Window};
    #[cfg(feature = "batch")]
    pub use crate::dynamodb::Change;
    #[cfg(feature = "http")]
    pub use crate::http::{IntoResponse, Json, Path, Query, Request, Response, StatusCode};
    #[cfg(feature = "batch")]
    pub use crate::kinesis::Record;
    #[cfg(feature = "batch")]
    pub use crate::sqs::Message;
    pub use crate::{Context, Error, OrError, handler, lambda};
}
