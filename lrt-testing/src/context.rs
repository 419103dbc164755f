//! What the function under test may ask about its invocation.

use lrt_core::{Context, Deadline, EventHeaders, FunctionInfo, FunctionInstance};
use std::sync::Arc;
use std::time::Duration;

/// The longest time that Lambda gives an invocation.
const LONGEST_INVOCATION: Duration = Duration::from_secs(15 * 60);

/// Not sampled; the same for each invocation, so that snapshots stay as they are.
const TRACE_ID: &str = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";

/// What [`Context`] will say in a test. Unless set, it is what Lambda would say: a fresh request id, a deadline in 15
/// minutes, `cold_start` for the first invocation of a [`Harness`](super::Harness), the function's own name.
///
/// ```
/// use lrt::testing::TestContext;
/// use std::time::Duration;
///
/// async fn time_left(ctx: lrt::Context) -> u64 {
///     ctx.remaining().as_secs()
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
#[must_use = "a harness has to be given it: `harness.context(…)`"]
pub struct TestContext {
    request_id: Option<String>,
    left: Option<Duration>,
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
            left: Some(LONGEST_INVOCATION),
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

/// A method for each text of the context.
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
    /// What Lambda would say.
    pub fn new() -> TestContext {
        TestContext::default()
    }

    /// The time that is left when the function is called, on tokio's clock; 15 minutes unless set.
    pub fn deadline_in(mut self, left: Duration) -> TestContext {
        self.left = Some(left);
        self
    }

    /// No deadline, as under some emulators: nothing stops the function.
    pub fn without_deadline(mut self) -> TestContext {
        self.left = None;
        self
    }

    /// Whether this is the first invocation of its execution environment.
    pub fn cold_start(mut self, cold_start: bool) -> TestContext {
        self.cold_start = Some(cold_start);
        self
    }

    /// The version that runs; `$LATEST` unless set.
    pub fn function_version(mut self, version: impl Into<String>) -> TestContext {
        self.function_version = version.into();
        self
    }

    /// The memory that the function has, in MB; 128 unless set.
    pub fn memory_mb(mut self, memory_mb: u32) -> TestContext {
        self.memory_mb = memory_mb;
        self
    }

    /// The CloudWatch log stream.
    pub fn log_stream(mut self, log_stream: impl Into<String>) -> TestContext {
        self.log_stream = log_stream.into();
        self
    }

    texts! {
        /// The id of each invocation, which is fresh unless set.
        request_id,
        /// The ARN that was invoked. Unless set it is one of the function's name.
        function_arn,
        /// The X-Ray tracing header; that of a trace that is not sampled unless set.
        trace_id,
        /// The tenant that the caller named.
        tenant_id,
        /// What the caller sent as client context, raw.
        client_context,
        /// The Amazon Cognito identity of the caller, raw JSON.
        identity,
        /// The function's name; unless set, the one that the function has.
        function_name,
        /// The CloudWatch log group; unless set, `/aws/lambda/` and the function's name.
        log_group,
    }

    /// Which function this is, if it is called `name`.
    pub(super) fn function(&self, name: &str) -> FunctionInfo {
        let mut function = FunctionInfo::default();
        function.name = self.function_name.as_deref().unwrap_or(name).to_owned();
        function.version = self.function_version.clone();
        function.memory_mb = self.memory_mb;
        function.log_group = self.log_group.clone().unwrap_or_else(|| format!("/aws/lambda/{}", function.name));
        function.log_stream = self.log_stream.clone();
        function
    }

    /// The context of one invocation; its time begins now.
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
        match self.left {
            // Set at once: a paused clock stands still between here and the first question, the system's does not.
            Some(left) => context.with_deadline(Deadline::after(left)),
            None => context,
        }
    }

    /// The id that each invocation has, or a fresh one.
    pub(super) fn next_request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(super::runtime_api::event::uuid)
    }
}
