//! What Lambda tells a process through environment variables.
//!
//! See [Defined runtime environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).

use crate::log;
use crate::runtime_api::address::{Address, AddressError};
use crate::runtime_api::number;
use std::sync::Arc;

/// The most invocations that Lambda sends to one execution environment at once.
///
/// See [PerExecutionEnvironmentMaxConcurrency](https://docs.aws.amazon.com/lambda/latest/api/API_LambdaManagedInstancesCapacityProviderConfig.html).
const MAX_CONCURRENCY: usize = 1600;

/// Which function this process runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: String,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MB.
    pub memory_mb: u32,
    /// `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: String,
    /// `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub log_stream: String,
}

impl FunctionInfo {
    fn read() -> FunctionInfo {
        FunctionInfo {
            name: variable("AWS_LAMBDA_FUNCTION_NAME"),
            version: variable("AWS_LAMBDA_FUNCTION_VERSION"),
            memory_mb: number(variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").as_bytes())
                .and_then(|mb| mb.try_into().ok())
                .unwrap_or(0),
            log_group: variable("AWS_LAMBDA_LOG_GROUP_NAME"),
            log_stream: variable("AWS_LAMBDA_LOG_STREAM_NAME"),
        }
    }
}

/// Where the Runtime API is, and which function this is: all that the loop needs of its surroundings.
///
/// ```
/// use lrt_core::{Environment, FunctionInfo};
///
/// let environment = Environment::new("127.0.0.1:9001", FunctionInfo::default()).unwrap();
/// assert!(Environment::new("https://127.0.0.1", FunctionInfo::default()).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) api: Arc<Address>,
    pub(crate) function: Arc<FunctionInfo>,
    /// How many invocations are handled at once.
    pub(crate) concurrency: usize,
    /// Whether it is that of this process, which is then the function's alone.
    pub(crate) of_process: bool,
}

impl Environment {
    /// An environment whose Runtime API is at `api`: `host:port`, or a URL with a path.
    ///
    /// # Errors
    ///
    /// When `api` is no such address.
    pub fn new(api: &str, function: FunctionInfo) -> Result<Environment, EnvironmentError> {
        let parsed = api.parse().map_err(|error| EnvironmentError::Address { value: api.to_owned(), error })?;
        Ok(Environment { api: Arc::new(parsed), function: Arc::new(function), concurrency: 1, of_process: false })
    }

    /// So many invocations are handled at once, each by a worker with a connection of its own; at least 1, which is what
    /// it is unless it is set, and at most Lambda's 1600.
    ///
    /// ```
    /// # use lrt_core::{Environment, FunctionInfo};
    /// let environment = Environment::new("127.0.0.1:9001", FunctionInfo::default()).unwrap().with_concurrency(8);
    /// ```
    #[must_use]
    pub fn with_concurrency(mut self, invocations: usize) -> Environment {
        self.concurrency = invocations.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Reads the environment that Lambda gives a process.
    ///
    /// An `AWS_LAMBDA_MAX_CONCURRENCY` that is odd is told in one line of the log, and taken as well as may be.
    ///
    /// # Errors
    ///
    /// When `AWS_LAMBDA_RUNTIME_API` is not set, or is no address. Nothing else is required.
    pub fn read() -> Result<Environment, EnvironmentError> {
        match std::env::var("AWS_LAMBDA_RUNTIME_API") {
            Ok(api) if !api.is_empty() => {
                let environment = Environment::new(&api, FunctionInfo::read())?.with_concurrency(max_concurrency());
                Ok(Environment { of_process: true, ..environment })
            }
            Ok(_) | Err(std::env::VarError::NotPresent) => Err(EnvironmentError::NotInLambda),
            Err(std::env::VarError::NotUnicode(value)) => Err(EnvironmentError::Address {
                value: value.to_string_lossy().into_owned(),
                error: AddressError::Character,
            }),
        }
    }
}

/// What a variable says; nothing where it is not set. What is no UTF-8 is odd, and to be told as such.
#[inline(never)]
fn variable(name: &str) -> String {
    std::env::var_os(name).unwrap_or_default().to_string_lossy().into_owned()
}

/// How many invocations Lambda sends at once; 1 where it does not say.
///
/// See [custom runtimes for Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-managed-instances).
fn max_concurrency() -> usize {
    const NAME: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
    match variable(NAME) {
        value if value.is_empty() => 1,
        value => number(value.as_bytes())
            .and_then(|n| n.try_into().ok())
            .filter(|n| (1..=MAX_CONCURRENCY).contains(n))
            .unwrap_or_else(|| {
                let what = "events are handled one at a time";
                log::warn("", format_args!("{NAME}={value:?} is no number from 1 to {MAX_CONCURRENCY}: {what}"));
                1
            }),
    }
}

/// Why a process cannot know where its Runtime API is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// This process was not started by Lambda.
    #[error("AWS_LAMBDA_RUNTIME_API is not set: this is no Lambda environment")]
    NotInLambda,
    /// The variable is set to something that is no address.
    #[error("AWS_LAMBDA_RUNTIME_API={value:?} is no address (host:port, or http://host:port/path): {error}")]
    Address {
        /// What the variable says.
        value: String,
        /// What is wrong with it.
        error: AddressError,
    },
}
