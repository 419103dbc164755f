//! JSON functions: any event in, any value out.

use crate::builder::{Builder, DecodesEvent, FunctionKind, OfKind};
use crate::function::output::{ErrorReply, JsonReply};
use crate::function::parameters::{Args, AsyncFn};
use crate::layer::Layers;
use lrt_core::__private::StateRefs;
use lrt_core::{
    DeadlineMargin, Deployment, ErrorReport, FunctionService, Invocation, Reply, SharedService, service_fn,
};

/// Kind of functions that take JSON and return JSON.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct JsonKind {
    pub(crate) schedule: Option<String>,
}

impl JsonKind {
    /// The kind without options.
    #[cfg(feature = "batch")]
    pub(crate) const NONE: &JsonKind = &JsonKind { schedule: None };
}

/// Starts the builder of a function that takes JSON and returns JSON.
///
/// Its parameters are the payload (any `Deserialize`, optional), [`Context`](crate::Context), and `&T`s of what
/// [`init`](Builder::init) returns. It returns `Result<T, E>`, for any `Serialize` `T` and any error `E`.
///
/// ```no_run
/// use lrt::{Context, Error};
///
/// struct Db;
///
/// async fn connect() -> Result<Db, Error> {
///     Ok(Db)
/// }
///
/// async fn add((a, b): (i64, i64), ctx: Context, db: &Db) -> Result<i64, Error> {
///     a.checked_add(b).ok_or_else(|| Error::named("Overflow", "the sum is too large"))
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::json(add).init(connect).run()
/// }
/// ```
pub fn json<F, A>(function: F) -> Builder<JsonKind, F, A>
where
    F: AsyncFn<A>,
{
    Builder::new(JsonKind::default(), function)
}

impl<F, A, N, D, L> Builder<JsonKind, F, A, N, D, L> {
    /// Sets a schedule that invokes the function: `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`, in UTC
    /// ([schedules](https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html)).
    ///
    /// It is used by the template, and by the local Lambda with `--schedules`. EventBridge Scheduler sends any JSON as the payload;
    /// the template has a placeholder for it.
    ///
    /// ```no_run
    /// async fn clean_up() -> Result<(), lrt::Error> {
    ///     Ok(())
    /// }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::json(clean_up).schedule("rate(1 day)").run()
    /// }
    /// ```
    pub fn schedule(self, schedule: impl Into<String>) -> Self {
        self.map_kind(|_| JsonKind { schedule: Some(schedule.into()) })
    }
}

impl FunctionKind for JsonKind {
    type Request = Invocation;
    type Response = Reply;
    type Boxed = SharedService<Invocation, Reply>;

    fn name(&self) -> &'static str {
        "json"
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = Deployment::default();
        deployment.schedule = self.schedule.as_deref();
        deployment
    }
}

impl<F, A, K, T, E> OfKind<JsonKind, A, K> for F
where
    F: AsyncFn<A, Output = Result<T, E>>,
    A: Args<Invocation, K>,
    T: JsonReply,
    E: ErrorReply,
{
    type Refs = A::Refs;

    const DECODES: Option<DecodesEvent> = Some(A::check_sample);

    async fn service<L: Layers<Invocation, Reply, SharedService<Invocation, Reply>>>(
        &self,
        _: &JsonKind,
        layers: &L,
        refs: StateRefs<A::Refs, L::Refs>,
        _: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let (function, borrowed) = (self.clone(), refs.function);
        // Decode → your function → reply.
        let handle = service_fn(move |mut invocation: Invocation| {
            let function = function.clone();
            async move {
                let args = A::extract(&mut invocation, borrowed).await?;
                // The payload is freed here, since its bytes are not needed while the function runs.
                let room = invocation.into_reply_buffer();
                let value = function.call(args).await.map_err(ErrorReport::new)?;
                Ok(room.json(&value)?)
            }
        });
        Ok(layers.around(handle, refs.layers))
    }
}
