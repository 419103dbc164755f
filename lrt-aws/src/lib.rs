//! The AWS SDK in a Lambda function, with a cheap cold start.
//!
//! ```no_run
//! use aws_sdk_dynamodb::Client;
//!
//! async fn connect() -> Client {
//!     let db = Client::new(&lrt_aws::config().load().await);
//!     lrt_aws::warm(db.list_tables().send()).await;
//!     db
//! }
//! ```
//!
//! [`config`] returns a builder of an ordinary `SdkConfig`, which all service clients take. [`warm`] opens a client's
//! connection in `init`, before the first event.
//!
//! # Dependencies
//!
//! Disable the default features of service crates. They add a second TLS library, which is built and linked, but not
//! used.
//!
//! ```toml
//! lrt-aws = "0.1"
//! aws-sdk-dynamodb = { version = "1", default-features = false, features = ["rt-tokio"] }
//! ```
//!
//! # What differs from the SDK's defaults
//!
//! | | SDK | lrt-aws |
//! |---|---|---|
//! | TLS | aws-lc, which gathers entropy from CPU jitter in the first handshake: about 420 million instructions | ring |
//! | root certificates | the system's | those of Amazon Trust Services for `*.amazonaws.com` and `*.api.aws`, the system's for other hosts; those of `AWS_CA_BUNDLE` for all hosts, if it is set |
//! | connections | a pool for each pair of timeouts | one pool |
//! | connect timeout | 3.1 s | 1 s |
//! | first pause before a retry | up to 1 s | up to 50 ms |
//! | invocation's deadline | unknown to the SDK | calls and retries end 250 ms before it, with an error that is not retried |
//! | `X-Amzn-Trace-Id` | from the environment of the process | from [`Context::current`](lrt_core::Context::current) |
//! | credentials | a chain that ends at EC2's metadata service | the environment, then (in debug builds) the profile |
//!
//! # Environment
//!
//! As in other SDKs: `AWS_REGION`, `AWS_DEFAULT_REGION`; `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_SESSION_TOKEN`, `AWS_ACCOUNT_ID`; `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`,
//! `AWS_CONTAINER_AUTHORIZATION_TOKEN`, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`; `AWS_ENDPOINT_URL`,
//! `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, `AWS_USE_FIPS_ENDPOINT`,
//! `AWS_USE_DUALSTACK_ENDPOINT`, `AWS_ACCOUNT_ID_ENDPOINT_MODE`; `AWS_CA_BUNDLE`; `AWS_RETRY_MODE`, `AWS_MAX_ATTEMPTS`;
//! `AWS_REQUEST_CHECKSUM_CALCULATION`, `AWS_RESPONSE_CHECKSUM_VALIDATION`, `AWS_DISABLE_REQUEST_COMPRESSION`,
//! `AWS_SDK_UA_APP_ID`. Other variables, such as `HTTPS_PROXY`, are ignored; use `SdkConfig::into_builder` or a client's own configuration for those
//! settings.
//!
//! # Profiles
//!
//! If the environment has no credentials, as with `cargo run` on a developer's machine, debug builds use the profile
//! (`AWS_PROFILE`): keys, roles, `credential_process` and, with the feature `sso`, IAM Identity Center. The region is
//! found in the same way. Release builds do not contain this code. In Lambda, no file in the home directory is opened,
//! and EC2's metadata service is never called.
//!
//! # Trace header and tasks
//!
//! Calls send the trace header of their invocation, which Lambda uses to
//! [stop recursive invocations](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html), and end before its
//! deadline. In a spawned task, `Context::scope` makes a call part of the invocation:
//!
//! ```
//! # async fn handler(ctx: lrt_core::Context, db: aws_sdk_dynamodb::Client) {
//! let call = async move { db.list_tables().send().await };
//! let tables = tokio::spawn(ctx.scope(call)).await;
//! # }
//! ```
//!
//! # Tests
//!
//! Tests of a function need neither `lrt-aws` nor a network: create its state with a client of
//! [aws-smithy-mocks](https://docs.rs/aws-smithy-mocks), as `examples/table` does.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `idempotency` | yes | `DynamoDbStore`, for functions with the layer `lrt::idempotency` (the crate aws-sdk-dynamodb) |
//! | `profile` | yes | credentials and region of the profile, in debug builds (the crate aws-config) |
//! | `sso` | no | profiles that use IAM Identity Center |
//! | `sqs` | no | `VisibilityBackoff`, a record layer that delays failed messages of SQS |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod credentials;
mod env;
mod error;
mod http;
#[cfg(feature = "idempotency")]
mod idempotency;
#[cfg(all(feature = "profile", debug_assertions))]
mod profile;
#[cfg(feature = "sqs")]
mod visibility;
mod warm;

pub use config::{ConfigLoader, config};
pub use error::ConfigError;
#[cfg(feature = "idempotency")]
pub use idempotency::DynamoDbStore;
#[cfg(feature = "sqs")]
pub use visibility::{VisibilityBackoff, VisibilityBackoffService};
pub use warm::warm;

/// Compiles the examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/aws.md")]
struct Guide;
