//! The context of an invocation.

use super::background::Background;
use crate::error::ErrorReport;
use crate::interrupt::{Deadline, Interrupted, ShutdownNotice};
use crate::log::InvocationIds;
use crate::metrics::{Automatic, FunctionMetrics, InstanceMetrics};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

/// The maximum timeout of a Lambda function: the remaining time of an invocation without a deadline.
///
/// See [Configure Lambda function timeout](https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html).
const MAX_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The usual total size of an event's strings in bytes: id, ARN and trace id.
const TYPICAL_TEXT_BYTES: usize = 256;

/// The headers of an event from `/next`. All of them are optional, and none can fail an invocation.
///
/// See [Runtime API: next invocation](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next).
#[derive(Clone, Copy, Debug, Default)]
pub struct EventHeaders<'a> {
    /// `Lambda-Runtime-Aws-Request-Id`, or empty.
    pub request_id: &'a str,
    /// `Lambda-Runtime-Invoked-Function-Arn`, or empty.
    pub function_arn: &'a str,
    /// `Lambda-Runtime-Deadline-Ms`, in milliseconds since 1970.
    pub deadline_ms: Option<u64>,
    /// `Lambda-Runtime-Trace-Id`.
    pub trace_id: Option<&'a str>,
    /// `Lambda-Runtime-Aws-Tenant-Id`.
    pub tenant_id: Option<&'a str>,
    /// `Lambda-Runtime-Client-Context`.
    pub client_context: Option<&'a str>,
    /// `Lambda-Runtime-Cognito-Identity`.
    pub identity: Option<&'a str>,
    /// `Lambda-Runtime-Invocation-Id`, which is sent back with the reply.
    pub invocation_id: Option<&'a str>,
}

/// The context of an invocation: its id, its deadline, the caller and the function.
///
/// It is cheap to clone. A function receives it as a parameter of this type. Code without that parameter calls
/// [`Context::current`], which returns an `Option`: it is `None` outside of an invocation, as in `init`.
///
/// ```
/// use lrt_core::Context;
///
/// async fn hello(name: String, ctx: Context) -> String {
///     ctx.wait_until(async { /* runs after the reply was sent */ });
///     format!("hello {name}, {:?} remaining", ctx.remaining())
/// }
/// ```
#[derive(Clone)]
pub struct Context(Arc<ContextInner>);

#[derive(Clone)]
struct ContextInner {
    /// All strings in one allocation.
    texts: String,
    request_id: TextSpan,
    function_arn: TextSpan,
    trace_id: Option<TextSpan>,
    tenant_id: Option<TextSpan>,
    client_context: Option<TextSpan>,
    identity: Option<TextSpan>,
    invocation_id: Option<TextSpan>,
    deadline_ms: Option<u64>,
    /// Computed on first use, so that a function that never waits does not read the clock.
    deadline: OnceLock<Option<Deadline>>,
    cold_start: bool,
    instance: Arc<FunctionInstance>,
}

/// The function that this process runs.
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

/// An execution environment of a function: the function's configuration, and the work that runs after replies.
#[derive(Default)]
pub struct FunctionInstance {
    function: Arc<FunctionInfo>,
    background: Background,
    shutdown: Arc<ShutdownNotice>,
    metrics: InstanceMetrics,
}

impl FunctionInstance {
    /// Creates an execution environment of this function.
    pub fn new(function: FunctionInfo) -> FunctionInstance {
        FunctionInstance::shared(Arc::new(function))
    }

    /// Returns the execution environment with these metrics of its function.
    #[doc(hidden)]
    #[must_use]
    pub fn with_metrics(mut self, metrics: &FunctionMetrics) -> FunctionInstance {
        if metrics.is_enabled() {
            super::install_recorder();
        }
        self.metrics = InstanceMetrics::new(metrics, &self.function.name);
        self
    }

    /// Returns the notice that the process has to exit.
    pub(crate) fn shutdown(&self) -> &Arc<ShutdownNotice> {
        &self.shutdown
    }

    pub(crate) fn shared(function: Arc<FunctionInfo>) -> FunctionInstance {
        FunctionInstance { function, ..FunctionInstance::default() }
    }
}

/// The position of a string. A head is at most 64 KB, so 32 bits are enough.
#[derive(Clone, Copy)]
struct TextSpan {
    start: u32,
    end: u32,
}

fn push_text(texts: &mut String, text: &str) -> TextSpan {
    let start = texts.len() as u32;
    texts.push_str(text);
    TextSpan { start, end: texts.len() as u32 }
}

impl Context {
    /// Creates the context of an event with these headers.
    pub fn new(headers: &EventHeaders<'_>, instance: Arc<FunctionInstance>, cold_start: bool) -> Context {
        let optional =
            [headers.trace_id, headers.tenant_id, headers.client_context, headers.identity, headers.invocation_id];
        let mut texts = String::with_capacity(TYPICAL_TEXT_BYTES);
        let request_id = push_text(&mut texts, headers.request_id);
        let function_arn = push_text(&mut texts, headers.function_arn);
        let [trace_id, tenant_id, client_context, identity, invocation_id] =
            optional.map(|text| text.map(|text| push_text(&mut texts, text)));
        Context(Arc::new(ContextInner {
            texts,
            request_id,
            function_arn,
            trace_id,
            tenant_id,
            client_context,
            identity,
            invocation_id,
            deadline_ms: headers.deadline_ms,
            deadline: OnceLock::new(),
            cold_start,
            instance,
        }))
    }

    /// Returns the context with another deadline, on the clock of tokio, which a test may have paused.
    ///
    /// ```
    /// use lrt_core::{Context, Deadline, EventHeaders};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let deadline = Deadline::after(Duration::from_secs(3));
    /// let context = Context::new(&EventHeaders::default(), Default::default(), false).with_deadline(deadline);
    /// tokio::time::sleep(Duration::from_secs(1)).await;
    /// assert_eq!(context.remaining(), Duration::from_secs(2));
    /// # }
    /// ```
    #[must_use]
    pub fn with_deadline(mut self, deadline: Deadline) -> Context {
        Arc::make_mut(&mut self.0).deadline = OnceLock::from(Some(deadline));
        self
    }

    /// Returns the id of the invocation, as in Lambda's own log lines. Empty if Lambda sent none.
    pub fn request_id(&self) -> &str {
        self.text(self.0.request_id)
    }

    /// Returns the time at which Lambda stops the invocation. `None` without a deadline, or with one that is more than a
    /// day in the past (emulators).
    pub fn deadline(&self) -> Option<SystemTime> {
        self.due().map(|deadline| deadline.time())
    }

    /// Returns the deadline in milliseconds since 1970, as Lambda sent it, even if it has passed.
    #[doc(hidden)]
    pub fn deadline_ms(&self) -> Option<u64> {
        self.0.deadline_ms
    }

    /// Returns the time until the deadline: zero after it, and Lambda's maximum of 15 minutes without a deadline.
    pub fn remaining(&self) -> Duration {
        self.due().map_or(MAX_TIMEOUT, |deadline| deadline.remaining())
    }

    /// Returns the ARN that was invoked, with the version or alias of the caller. Empty if Lambda sent none.
    pub fn function_arn(&self) -> &str {
        self.text(self.0.function_arn)
    }

    /// Returns the X-Ray tracing header: `Root=…;Parent=…;Sampled=…`.
    pub fn trace_id(&self) -> Option<&str> {
        self.optional(self.0.trace_id)
    }

    /// Returns the tenant of the caller, in functions with tenant isolation.
    pub fn tenant_id(&self) -> Option<&str> {
        self.optional(self.0.tenant_id)
    }

    /// Returns the client context as the caller sent it: JSON, or JSON encoded as base64 by some emulators.
    pub fn client_context(&self) -> Option<&str> {
        self.optional(self.0.client_context)
    }

    /// Returns the Amazon Cognito identity of a caller that uses the mobile SDK, as JSON.
    pub fn identity(&self) -> Option<&str> {
        self.optional(self.0.identity)
    }

    /// Returns the name of the function (`AWS_LAMBDA_FUNCTION_NAME`).
    pub fn function_name(&self) -> &str {
        &self.0.instance.function.name
    }

    /// Returns the version of the function (`AWS_LAMBDA_FUNCTION_VERSION`): `$LATEST` or a number.
    pub fn function_version(&self) -> &str {
        &self.0.instance.function.version
    }

    /// Returns the memory of the function in MB (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`), or 0 if it is not set.
    pub fn memory_mb(&self) -> u32 {
        self.0.instance.function.memory_mb
    }

    /// Returns the CloudWatch log group (`AWS_LAMBDA_LOG_GROUP_NAME`).
    pub fn log_group(&self) -> &str {
        &self.0.instance.function.log_group
    }

    /// Returns the CloudWatch log stream of this execution environment (`AWS_LAMBDA_LOG_STREAM_NAME`).
    pub fn log_stream(&self) -> &str {
        &self.0.instance.function.log_stream
    }

    /// Returns true for the first invocation of this execution environment.
    pub fn cold_start(&self) -> bool {
        self.0.cold_start
    }

    /// Runs a future after the reply was sent, and before the next event is fetched.
    ///
    /// The caller does not wait for it, but Lambda bills the time. The future ends with the invocation: at the cutoff
    /// before the deadline it is dropped, which is logged. If it panics, the panic is logged. Futures run concurrently,
    /// on the runtime of the function. A future that is added after the end of the invocation runs after the next
    /// reply.
    ///
    /// ```
    /// # async fn send_metrics(name: &str) {}
    /// async fn hello(name: String, ctx: lrt_core::Context) -> String {
    ///     ctx.wait_until(async { send_metrics("greeted").await });
    ///     format!("hello {name}")
    /// }
    /// ```
    ///
    /// The future outlives the call of the function, so it is `'static`. To use what `init` returned, take it as a
    /// `&'static T`, which it is: the value lives as long as the process. With `db: &Db`, the compiler reports that
    /// "borrowed data escapes outside of function" (E0521).
    ///
    /// ```
    /// # struct Db;
    /// # impl Db { async fn log(&self) {} }
    /// async fn hello(name: String, ctx: lrt_core::Context, db: &'static Db) -> String {
    ///     ctx.wait_until(async move { db.log().await });
    ///     format!("hello {name}")
    /// }
    /// ```
    pub fn wait_until(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.background().push(Box::pin(self.scope(future)));
    }

    /// Returns the ids for the log.
    pub(crate) fn ids(&self) -> InvocationIds<'_> {
        InvocationIds { request_id: self.request_id(), tenant_id: self.tenant_id(), trace_id: self.trace_id() }
    }

    pub(crate) fn invocation_id(&self) -> Option<&str> {
        self.optional(self.0.invocation_id)
    }

    pub(crate) fn shutdown(&self) -> &ShutdownNotice {
        &self.0.instance.shutdown
    }

    /// Returns the metrics of the execution environment.
    #[doc(hidden)]
    pub fn metrics(&self) -> &InstanceMetrics {
        &self.0.instance.metrics
    }

    /// Returns the work added by [`Context::wait_until`].
    pub(crate) fn background(&self) -> &Background {
        &self.0.instance.background
    }

    /// Returns the deadline on both clocks. `None` as for [`deadline`](Context::deadline).
    pub fn due(&self) -> Option<Deadline> {
        *self.0.deadline.get_or_init(|| self.0.deadline_ms.and_then(Deadline::from_epoch_ms))
    }

    /// Counts a timeout if the deadline is the reason why the invocation, or a part of it, was stopped.
    pub(crate) fn count_stop(&self, reason: Interrupted) {
        if reason == Interrupted::Deadline {
            self.metrics().record(Automatic::Timeouts, 1);
        }
    }

    /// Counts an invocation that was stopped, and returns its report.
    pub(crate) fn stopped(&self, reason: Interrupted) -> ErrorReport {
        self.count_stop(reason);
        reason.report(self.due())
    }

    fn text(&self, span: TextSpan) -> &str {
        &self.0.texts[span.start as usize..span.end as usize]
    }

    fn optional(&self, span: Option<TextSpan>) -> Option<&str> {
        span.map(|span| self.text(span))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.request_id())
            .field("deadline", &self.deadline())
            .field("function_arn", &self.function_arn())
            .field("trace_id", &self.trace_id())
            .field("tenant_id", &self.tenant_id())
            .field("client_context", &self.client_context())
            .field("identity", &self.identity())
            .field("cold_start", &self.cold_start())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_headers() {
        let headers = EventHeaders {
            request_id: "id",
            function_arn: "arn:aws:lambda",
            deadline_ms: None,
            trace_id: Some("Root=1"),
            tenant_id: None,
            client_context: Some("{}"),
            identity: Some(""),
            invocation_id: Some("inv"),
        };
        let context = Context::new(&headers, Arc::default(), true);
        assert_eq!(context.request_id(), "id");
        assert_eq!(context.function_arn(), "arn:aws:lambda");
        assert_eq!(context.trace_id(), Some("Root=1"));
        assert_eq!(context.tenant_id(), None);
        assert_eq!(context.client_context(), Some("{}"));
        assert_eq!(context.identity(), Some(""));
        assert_eq!(context.invocation_id(), Some("inv"));
        assert!(context.cold_start());
        assert_eq!(context.remaining(), MAX_TIMEOUT);
    }
}
