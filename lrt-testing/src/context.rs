//! The context of test invocations.

use lrt_core::{Context, Deadline, EventHeaders, FunctionInfo, FunctionInstance};
use std::sync::Arc;
use std::time::Duration;

/// Lambda's maximum timeout.
const LONGEST_INVOCATION: Duration = Duration::from_secs(15 * 60);

/// A trace id that is not sampled. It is the same for each invocation, so that snapshots are stable.
const TRACE_ID: &str = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";

/// Values of [`Context`] in a test.
///
/// The defaults are the same as in Lambda: a new request id, a deadline in 15 minutes, `cold_start` for the first
/// invocation of a [`Harness`](super::Harness), and the function's own name.
///
/// ```
/// use lrt::testing::TestContext;
/// use std::time::Duration;
///
/// async fn time_left(ctx: lrt::Context) -> Result<u64, lrt::Error> {
///     Ok(ctx.remaining().as_secs())
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let context = TestContext::new().deadline_in(Duration::from_secs(3)).tenant_id("blue");
/// let outcome = lrt::json(time_left).harness().context(context).invoke("").await;
/// assert_eq!(outcome.reply::<u64>(), 3);
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to `Harness::context`"]
pub struct TestContext {
    request_id: Option<String>,
    remaining: Option<Duration>,
    cold_start: Option<bool>,
    function_arn: Option<String>,
    trace_id: Option<String>,
    tenant_id: Option<String>,
    client_context: Option<String>,
    identity: Option<String>,
    function_name: Option<String>,
    function_version: String,
    memory_mb: u32,
    log_group: Option<String>,
    log_stream: String,
}

impl Default for TestContext {
    fn default() -> TestContext {
        TestContext {
            request_id: None,
            remaining: Some(LONGEST_INVOCATION),
            cold_start: None,
            function_arn: None,
            trace_id: Some(TRACE_ID.to_owned()),
            tenant_id: None,
            client_context: None,
            identity: None,
            function_name: None,
            function_version: "$LATEST".to_owned(),
            memory_mb: 128,
            log_group: None,
            log_stream: "2026/01/01/[$LATEST]00000000000000000000000000000000".to_owned(),
        }
    }
}

/// Defines a setter for each string of the context.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<String>) -> TestContext {
            self.$name = Some($name.into());
            self
        }
    )*};
}

impl TestContext {
    /// Returns a context with Lambda's defaults.
    pub fn new() -> TestContext {
        TestContext::default()
    }

    /// Sets the time until the deadline, on tokio's clock, when the function is called. The default is 15 minutes.
    pub fn deadline_in(mut self, remaining: Duration) -> TestContext {
        self.remaining = Some(remaining);
        self
    }

    /// Removes the deadline, as under some emulators. The function is never stopped.
    pub fn without_deadline(mut self) -> TestContext {
        self.remaining = None;
        self
    }

    /// Sets whether this is the first invocation of the execution environment.
    pub fn cold_start(mut self, cold_start: bool) -> TestContext {
        self.cold_start = Some(cold_start);
        self
    }

    /// Sets the function's version. The default is `$LATEST`.
    pub fn function_version(mut self, version: impl Into<String>) -> TestContext {
        self.function_version = version.into();
        self
    }

    /// Sets the function's memory in MB. The default is 128.
    pub fn memory_mb(mut self, memory_mb: u32) -> TestContext {
        self.memory_mb = memory_mb;
        self
    }

    /// Sets the CloudWatch log stream.
    pub fn log_stream(mut self, log_stream: impl Into<String>) -> TestContext {
        self.log_stream = log_stream.into();
        self
    }

    texts! {
        /// Sets the request id. By default, each invocation has a new one.
        request_id,
        /// Sets the invoked ARN. By default, it contains the function's name.
        function_arn,
        /// Sets the X-Ray tracing header. The default is a trace that is not sampled.
        trace_id,
        /// Sets the tenant id.
        tenant_id,
        /// Sets the client context, as raw JSON.
        client_context,
        /// Sets the Amazon Cognito identity of the caller, as raw JSON.
        identity,
        /// Sets the function's name. The default is the function's own name.
        function_name,
        /// Sets the CloudWatch log group. The default is `/aws/lambda/` and the function's name.
        log_group,
    }

    /// Returns the description of the function with the name `name`.
    pub(super) fn function(&self, name: &str) -> FunctionInfo {
        let mut function = FunctionInfo::default();
        function.name = self.function_name.as_deref().unwrap_or(name).to_owned();
        function.version = self.function_version.clone();
        function.memory_mb = self.memory_mb;
        function.log_group = self.log_group.clone().unwrap_or_else(|| format!("/aws/lambda/{}", function.name));
        function.log_stream = self.log_stream.clone();
        function
    }

    /// Returns the context of an invocation that starts now.
    pub(super) fn start(&self, request_id: &str, instance: Arc<FunctionInstance>, name: &str, first: bool) -> Context {
        let function_name = self.function_name.as_deref().unwrap_or(name);
        let arn = || format!("arn:aws:lambda:us-east-1:012345678912:function:{function_name}");
        let headers = EventHeaders {
            request_id,
            function_arn: &self.function_arn.clone().unwrap_or_else(arn),
            trace_id: self.trace_id.as_deref(),
            tenant_id: self.tenant_id.as_deref(),
            client_context: self.client_context.as_deref(),
            identity: self.identity.as_deref(),
            ..EventHeaders::default()
        };
        let context = Context::new(&headers, instance, self.cold_start.unwrap_or(first));
        match self.remaining {
            // Converted to an instant immediately, because the system clock advances while tokio's clock is paused.
            Some(remaining) => context.with_deadline(Deadline::after(remaining)),
            None => context,
        }
    }

    /// Returns the request id that was set, or a new one.
    pub(super) fn next_request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(super::runtime_api::event::uuid)
    }
}
