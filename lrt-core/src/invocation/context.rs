//! What a function may ask about the invocation that it handles.

use super::background::Background;
use super::deadline::Deadline;
use super::shutdown::ShutdownNotice;
use crate::runtime::FunctionInfo;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

/// The longest time that Lambda gives any invocation: what remains where there is no deadline.
///
/// See [Configure Lambda function timeout](https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html).
const LONGEST_INVOCATION: Duration = Duration::from_secs(15 * 60);

/// What the texts of an ordinary event come to: id, ARN and trace.
const USUAL_TEXT_BYTES: usize = 256;

/// The headers of an event, as `/next` sent them. All of them are optional; none can be wrong enough to be fatal.
///
/// See [Runtime API: next invocation](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next).
#[derive(Clone, Copy, Debug, Default)]
pub struct EventHeaders<'a> {
    /// `Lambda-Runtime-Aws-Request-Id`; empty when it is absent.
    pub request_id: &'a str,
    /// `Lambda-Runtime-Invoked-Function-Arn`; empty when it is absent.
    pub function_arn: &'a str,
    /// `Lambda-Runtime-Deadline-Ms`: milliseconds since 1970.
    pub deadline_ms: Option<u64>,
    /// `Lambda-Runtime-Trace-Id`.
    pub trace_id: Option<&'a str>,
    /// `Lambda-Runtime-Aws-Tenant-Id`.
    pub tenant_id: Option<&'a str>,
    /// `Lambda-Runtime-Client-Context`.
    pub client_context: Option<&'a str>,
    /// `Lambda-Runtime-Cognito-Identity`.
    pub identity: Option<&'a str>,
    /// `Lambda-Runtime-Invocation-Id`, which goes back with the answer.
    pub invocation_id: Option<&'a str>,
}

/// What is known of the invocation: its id, its deadline, who called, which function this is.
///
/// Cheap to clone. A function takes it as a parameter of this type.
///
/// ```
/// use lrt_core::Context;
///
/// async fn hello(name: String, ctx: Context) -> String {
///     ctx.wait_until(async { /* sent after the caller has its answer */ });
///     format!("hello {name}, {:?} are left", ctx.remaining())
/// }
/// ```
#[derive(Clone)]
pub struct Context(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    /// All texts, one behind the other: one allocation instead of six.
    texts: String,
    request_id: Span,
    function_arn: Span,
    trace_id: Option<Span>,
    tenant_id: Option<Span>,
    client_context: Option<Span>,
    identity: Option<Span>,
    invocation_id: Option<Span>,
    deadline_ms: Option<u64>,
    /// Set at the first question: a function that never waits costs no look at the clocks.
    deadline: OnceLock<Option<Deadline>>,
    cold_start: bool,
    instance: Arc<FunctionInstance>,
}

/// One execution environment of a function: which function it is, and the work that outlives replies.
#[derive(Default)]
pub struct FunctionInstance {
    function: Arc<FunctionInfo>,
    background: Background,
    shutdown: ShutdownNotice,
}

impl FunctionInstance {
    /// An execution environment of this function.
    pub fn new(function: FunctionInfo) -> FunctionInstance {
        FunctionInstance::of(Arc::new(function))
    }

    /// Tells the invocation in flight that the process has to exit.
    pub(crate) fn shut_down(&self, received_at: tokio::time::Instant) {
        self.shutdown.receive(received_at);
    }

    pub(crate) fn of(function: Arc<FunctionInfo>) -> FunctionInstance {
        FunctionInstance { function, background: Background::default(), shutdown: ShutdownNotice::default() }
    }
}

/// Where a text stands. A head has at most 64 KB, so 32 bits are plenty.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

// Apart: it is written out thrice otherwise.
#[inline(never)]
fn keep(texts: &mut String, text: &str) -> Span {
    let start = texts.len() as u32;
    texts.push_str(text);
    Span { start, end: texts.len() as u32 }
}

impl Context {
    /// The context of an event with these headers.
    pub fn new(headers: &EventHeaders<'_>, instance: Arc<FunctionInstance>, cold_start: bool) -> Context {
        let optional =
            [headers.trace_id, headers.tenant_id, headers.client_context, headers.identity, headers.invocation_id];
        let mut texts = String::with_capacity(USUAL_TEXT_BYTES);
        let request_id = keep(&mut texts, headers.request_id);
        let function_arn = keep(&mut texts, headers.function_arn);
        // A loop, and not a `map`, which would be written out for each of them.
        let mut spans = [None; 5];
        for (span, text) in spans.iter_mut().zip(optional) {
            *span = text.map(|text| keep(&mut texts, text));
        }
        let [trace_id, tenant_id, client_context, identity, invocation_id] = spans;
        Context(Arc::new(Inner {
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

    /// The same context with another deadline, on whichever clock tokio runs: a test may have paused it.
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

    /// The id of the invocation, as in Lambda's own log lines; empty when Lambda sent none.
    pub fn request_id(&self) -> &str {
        self.text(self.0.request_id)
    }

    /// When Lambda ends the invocation. `None` when no deadline came, or one that was already past (emulators).
    pub fn deadline(&self) -> Option<SystemTime> {
        self.due().map(|deadline| deadline.time())
    }

    /// The time until the deadline; zero after it, and Lambda's longest (15 minutes) when there is none.
    pub fn remaining(&self) -> Duration {
        self.due().map_or(LONGEST_INVOCATION, |deadline| deadline.remaining())
    }

    /// The ARN that was invoked, with the version or alias that the caller named; empty when Lambda sent none.
    pub fn function_arn(&self) -> &str {
        self.text(self.0.function_arn)
    }

    /// The X-Ray tracing header: `Root=…;Parent=…;Sampled=…`.
    pub fn trace_id(&self) -> Option<&str> {
        self.optional(self.0.trace_id)
    }

    /// The tenant that the caller named, in functions with tenant isolation.
    pub fn tenant_id(&self) -> Option<&str> {
        self.optional(self.0.tenant_id)
    }

    /// What the caller sent as client context, raw: JSON, or base64 of it from some emulators.
    pub fn client_context(&self) -> Option<&str> {
        self.optional(self.0.client_context)
    }

    /// The Amazon Cognito identity of a caller that used the mobile SDK, raw JSON.
    pub fn identity(&self) -> Option<&str> {
        self.optional(self.0.identity)
    }

    /// The function's name (`AWS_LAMBDA_FUNCTION_NAME`).
    pub fn function_name(&self) -> &str {
        &self.0.instance.function.name
    }

    /// The version that runs (`AWS_LAMBDA_FUNCTION_VERSION`): `$LATEST` or a number.
    pub fn function_version(&self) -> &str {
        &self.0.instance.function.version
    }

    /// The memory that the function has, in MB (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`); 0 when that is not set.
    pub fn memory_mb(&self) -> u32 {
        self.0.instance.function.memory_mb
    }

    /// The CloudWatch log group (`AWS_LAMBDA_LOG_GROUP_NAME`).
    pub fn log_group(&self) -> &str {
        &self.0.instance.function.log_group
    }

    /// The CloudWatch log stream of this execution environment (`AWS_LAMBDA_LOG_STREAM_NAME`).
    pub fn log_stream(&self) -> &str {
        &self.0.instance.function.log_stream
    }

    /// Whether this is the first invocation of this execution environment.
    pub fn cold_start(&self) -> bool {
        self.0.cold_start
    }

    /// Runs a future after the reply was sent and before the next event is fetched.
    ///
    /// The caller has its answer already, but Lambda bills the time, and the future ends with the invocation: at the
    /// guard's moment before the deadline it is dropped, with a line in the log. A panic in it is logged. Futures
    /// that are handed over here run side by side, on the runtime that runs the function. One that is handed over
    /// after the end of the invocation runs after the next reply.
    ///
    /// ```
    /// # async fn send_metrics(name: &str) {}
    /// async fn hello(name: String, ctx: lrt_core::Context) -> String {
    ///     ctx.wait_until(async { send_metrics("greeted").await });
    ///     format!("hello {name}")
    /// }
    /// ```
    pub fn wait_until(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.background().push(Box::pin(self.scope(future)));
    }

    pub(crate) fn invocation_id(&self) -> Option<&str> {
        self.optional(self.0.invocation_id)
    }

    pub(crate) fn shutdown(&self) -> &ShutdownNotice {
        &self.0.instance.shutdown
    }

    /// The work that [`Context::wait_until`] took.
    pub(crate) fn background(&self) -> &Background {
        &self.0.instance.background
    }

    /// The deadline on both clocks, for those who count time as the guard does; `None` as for
    /// [`deadline`](Context::deadline).
    pub fn due(&self) -> Option<Deadline> {
        *self.0.deadline.get_or_init(|| self.0.deadline_ms.and_then(Deadline::from_epoch_ms))
    }

    // Apart: it is 90 bytes wherever it is called.
    #[inline(never)]
    fn text(&self, span: Span) -> &str {
        &self.0.texts[span.start as usize..span.end as usize]
    }

    fn optional(&self, span: Option<Span>) -> Option<&str> {
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
    fn each_text_is_found_again() {
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
        assert_eq!(context.remaining(), LONGEST_INVOCATION);
    }
}
