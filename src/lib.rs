#![doc = include_str!("../README.md")]
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `batch` | yes | functions of SQS messages, a DynamoDB table's changes, Kinesis and Kafka records: [`sqs`](fn@sqs), [`dynamodb`](fn@dynamodb), [`kinesis`](fn@kinesis), [`kafka`](fn@kafka), [`batch`](mod@batch) |
//! | `events-s3`, `events-cognito`, … | no | `events`: the types of [aws_lambda_events](https://docs.rs/aws_lambda_events), a feature for each service; `events-all` for all |
//! | `http` | yes | functions of HTTP requests: [`http`](fn@http) for every origin, [`api_gateway`], [`function_url`], [`alb`] and so on for one, [`service`] for a whole router; the module [`http`](mod@http) |
//! | `streaming` | yes | the option [`streaming`](Builder::streaming) of functions of JSON; a part of `http` |
//! | `trace-env` | yes | the trace of an invocation is set in the environment, `_X_AMZN_TRACE_ID`: AWS's SDKs send it on, by which Lambda finds endless recursion. It is `unsafe` beside C code that reads the environment, and costs memory; see *Traces* |
//! | `tracing` | yes | the lines of the crates tracing and log, as text or JSON, with the ids of invocation and record; a line for each record of a batch that failed |
//! | `local` | yes | `cargo run` serves the function on this machine (debug builds only; a release build has nothing of it) |
//! | `multi-thread` | no | on Lambda Managed Instances, functions use all vCPUs; without it one. Nothing elsewhere |
//! | `testing` | no | `testing`: the harness, event builders, the retry simulator, snapshot tests, the fake Runtime API. For `[dev-dependencies]` |
//!
//! # Layout
//!
//! The life of a function, in the order of the modules:
//!
//! 1. [`json`](fn@json), [`sqs`](fn@sqs) or another kind's function starts a [`Builder`]; each option of `#[lambda]` is its method of that name.
//! 2. `function`: what a function's parameters, its state and its return value may be.
//! 3. [`layer`]: what stands around it.
//! 4. [`run`] reads the environment and hands over to `lrt-core`, whose documentation goes on with the loop. With several
//!    functions in one binary, [`run_one_of`] picks one before.
//! 5. The crate `lrt-local`: what happens instead where there is no Lambda around.
//! 6. The crate `lrt-testing`, as `testing`: what tests of a function need.

#[cfg(feature = "batch")]
pub mod batch;
mod builder;
mod function;
#[cfg(feature = "http")]
pub mod http;
mod json;
pub mod layer;
mod run;
mod several;
#[cfg(feature = "streaming")]
mod stream;

/// The events of AWS's services, typed: the crate [aws_lambda_events](https://docs.rs/aws_lambda_events).
///
/// Each service is a feature of lrt, which is named as in that crate, behind `events-`: this one needs `events-s3`.
/// `events-all` is all services; `events-builders` adds a builder to each type, since none can be written as a literal.
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
/// They are payloads as any other: `#[lambda(sqs)] async fn on_upload(event: S3Event)` takes what a bucket sends to a queue,
/// and authorizers return the answers that are there.
///
/// The first thing that a bucket sends, when its notifications are set up, is an `s3:TestEvent` without records
/// ([event notification](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html)): it
/// decodes into no `S3Event`. A function that takes `Result<S3Event, DecodeError>` can let it pass.
#[cfg(feature = "events")]
pub use aws_lambda_events as events;
#[cfg(feature = "batch")]
pub use batch::{dynamodb::dynamodb, kafka::kafka, kinesis::kinesis, sqs::sqs};
pub use builder::{Builder, Definition, WithLayer};
pub use function::args::{Args, AsyncFn, ContextArg, FnArg, PayloadArg, StateArg};
pub use function::check;
pub use function::output::{Fallible, InitOutput, Output, Plain};
#[cfg(feature = "http")]
pub use http::{Json, alb, api_gateway, function_url, http, http_api, lattice, rest_api, service, websocket};
pub use json::{JsonKind, json};
pub use lrt_core::{
    Boot, Borrowed, Borrows, BoxError, Chunks, Context, Deadline, Deployment, End, EndFn, Environment,
    EnvironmentError, Error, EventHeaders, Function, FunctionInfo, FunctionService, Handler, Has, Instance, Invocation,
    Margin, Provides, Reply, Report, Room, ServiceFn, SharedService, Streamed, service_fn,
};
#[cfg(feature = "testing")]
pub use lrt_macros::snapshot_tests;
pub use lrt_macros::{handler, lambda, main};
#[cfg(feature = "testing")]
pub use lrt_testing as testing;
pub use run::run;
pub use several::{Named, run_one_of};
#[cfg(feature = "streaming")]
pub use stream::{Chunk, JsonStream, StreamOutput};

/// Payloads that are no JSON, and payloads in the envelope of another service.
#[cfg(feature = "batch")]
pub mod payload {
    pub use crate::batch::envelope::{EventBridge, Sns, SnsAttribute};
    pub use crate::batch::payload::{Raw, Text};
}

/// The changes of a DynamoDB table.
#[cfg(feature = "batch")]
pub mod dynamodb {
    pub use crate::batch::dynamodb::{Change, DynamoDb, Image, Keys, RawKeys, ViaChange, ViaImage, ViaKeys};
}

/// The records of Kafka topics.
#[cfg(feature = "batch")]
pub mod kafka {
    pub use crate::batch::kafka::{Kafka, Record, ViaKafkaRecord};
}

/// The records of a Kinesis data stream.
#[cfg(feature = "batch")]
pub mod kinesis {
    pub use crate::batch::kinesis::{Kinesis, Record, ViaKinesisRecord};
}

/// SQS messages.
#[cfg(feature = "batch")]
pub mod sqs {
    pub use crate::batch::sqs::{Attributes, Message, Sqs, ViaMessage};
}

/// All that a file with a handler needs: `use lrt::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "batch")]
    pub use crate::batch::{Batch, BatchFailures};
    #[cfg(feature = "batch")]
    pub use crate::dynamodb::Change;
    #[cfg(feature = "http")]
    pub use crate::http::{IntoResponse, Json, Path, Query, Request, Response, StatusCode};
    #[cfg(feature = "batch")]
    pub use crate::kinesis::Record;
    #[cfg(feature = "batch")]
    pub use crate::sqs::Message;
    pub use crate::{Context, Error, handler, lambda};
}
