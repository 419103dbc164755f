//! The environment variables that Lambda sets.
//!
//! See [Defined runtime environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).

use crate::invocation::FunctionInfo;
use crate::log;
use crate::runtime_api::address::{Address, AddressError};
use crate::runtime_api::number;
use std::sync::Arc;

/// The maximum number of invocations that Lambda sends to one execution environment at once.
///
/// See [PerExecutionEnvironmentMaxConcurrency](https://docs.aws.amazon.com/lambda/latest/api/API_LambdaManagedInstancesCapacityProviderConfig.html).
const MAX_CONCURRENCY: usize = 1600;

/// The environment of the loop: the address of the Runtime API, and the function.
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
    /// The number of invocations that are handled at once.
    pub(crate) concurrency: usize,
    /// True if this was read from the environment of the process, which then runs only this function.
    pub(crate) of_process: bool,
}

impl Environment {
    /// Creates an environment whose Runtime API is at `api`: `host:port`, or a URL with a path.
    ///
    /// # Errors
    ///
    /// Returns an error if `api` is not a valid address.
    pub fn new(api: &str, function: FunctionInfo) -> Result<Environment, EnvironmentError> {
        let parsed = api.parse().map_err(|error| EnvironmentError::Address { value: api.to_owned(), error })?;
        Ok(Environment { api: Arc::new(parsed), function: Arc::new(function), concurrency: 1, of_process: false })
    }

    /// Sets the number of invocations that are handled at once, each by a worker with its own connection. The default
    /// is 1, and the maximum is Lambda's limit of 1600.
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

    /// Reads the environment variables that Lambda sets.
    ///
    /// An invalid `AWS_LAMBDA_MAX_CONCURRENCY` is logged, and 1 is used.
    ///
    /// # Errors
    ///
    /// Returns an error if `AWS_LAMBDA_RUNTIME_API` is not set, or not a valid address. All other variables are
    /// optional.
    pub fn read() -> Result<Environment, EnvironmentError> {
        match std::env::var("AWS_LAMBDA_RUNTIME_API") {
            Ok(api) if !api.is_empty() => {
                let environment = Environment::new(&api, read_function())?.with_concurrency(max_concurrency());
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

/// Reads the function's configuration.
fn read_function() -> FunctionInfo {
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

/// Returns the value of a variable, or an empty string. Invalid UTF-8 is replaced.
fn variable(name: &str) -> String {
    std::env::var_os(name).unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns the number of invocations that Lambda sends at once. The default is 1.
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
                log::warn(
                    "",
                    format_args!("ignoring invalid {NAME}={value:?} (expected a number from 1 to {MAX_CONCURRENCY})"),
                );
                1
            }),
    }
}

/// The error of reading the [`Environment`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The process was not started by Lambda.
    #[error("AWS_LAMBDA_RUNTIME_API is not set: not in a Lambda environment")]
    NotInLambda,
    /// The address of the Runtime API is invalid.
    #[error("invalid AWS_LAMBDA_RUNTIME_API={value:?}: {error} (expected host:port or http://host:port/path)")]
    Address {
        /// The value of the variable.
        value: String,
        /// The reason why it is invalid.
        error: AddressError,
    },
}
