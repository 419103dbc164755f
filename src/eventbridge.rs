//! EventBridge functions: the target of a rule or a schedule.

use crate::builder::{Builder, DecodesEvent, FunctionKind, OfKind};
use crate::function::parameters::AsyncFn;
use crate::json::JsonKind;
use crate::layer::Layers;
use lrt_core::__private::StateRefs;
use lrt_core::{DeadlineMargin, Deployment, ErrorReport, FunctionService, Invocation, Reply, SharedService};
use std::future::Future;

/// Kind of functions that EventBridge invokes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EventBridgeKind {
    pattern: Option<String>,
    schedule: Option<String>,
}

/// Starts the builder of a function that EventBridge invokes: the target of a rule with an event pattern, or of a schedule.
///
/// Its parameters are those of a [JSON function](fn@crate::json). The payload is an
/// [`EventBridge<T>`](crate::payload::EventBridge), or any `Deserialize` that the entire event decodes into. What it returns is
/// only sent to a destination, if one is configured.
///
/// EventBridge invokes the function asynchronously. If it returns an error, Lambda retries the event: twice, unless it is
/// configured otherwise ([retries](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)).
///
/// ```no_run
/// use lrt::payload::EventBridge;
/// # #[derive(serde::Deserialize)] struct OrderPlaced { id: u64 }
///
/// async fn ship(event: EventBridge<OrderPlaced>) -> Result<(), lrt::Error> {
///     println!("order {} from {}", event.detail.id, event.source);
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::eventbridge(ship).pattern(r#"{"source": ["shop"], "detail-type": ["OrderPlaced"]}"#).run()
/// }
/// ```
pub fn eventbridge<F, A>(function: F) -> Builder<EventBridgeKind, F, A>
where
    F: AsyncFn<A>,
{
    Builder::new(EventBridgeKind::default(), function)
}

impl<F, A, N, D, L> Builder<EventBridgeKind, F, A, N, D, L> {
    /// Sets the event pattern of the rule, as JSON
    /// ([event patterns](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html)). It is used by the
    /// template and by the sample event; the function does not filter events.
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        self.map_kind(|kind| EventBridgeKind { pattern: Some(pattern.into()), ..kind })
    }

    /// Sets a schedule that invokes the function with a scheduled event: `rate(5 minutes)` or `cron(0 9 ? * MON-FRI *)`, in UTC
    /// ([schedules](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html)).
    ///
    /// It is used by the template, and by the local Lambda with `--schedules`. The detail of a scheduled event is an empty object.
    pub fn schedule(self, schedule: impl Into<String>) -> Self {
        self.map_kind(|kind| EventBridgeKind { schedule: Some(schedule.into()), ..kind })
    }
}

impl FunctionKind for EventBridgeKind {
    type Request = Invocation;
    type Response = Reply;
    type Boxed = SharedService<Invocation, Reply>;

    fn name(&self) -> &'static str {
        "eventbridge"
    }

    fn deployment(&self) -> Deployment<'_> {
        let mut deployment = Deployment::default();
        deployment.pattern = self.pattern.as_deref();
        deployment.schedule = self.schedule.as_deref();
        deployment
    }
}

/// The event is the payload of a JSON function.
impl<F: OfKind<JsonKind, A, K>, A, K> OfKind<EventBridgeKind, A, K> for F {
    type Refs = F::Refs;

    const DECODES: Option<DecodesEvent> = F::DECODES;

    fn service<L: Layers<Invocation, Reply, SharedService<Invocation, Reply>>>(
        &self,
        _: &EventBridgeKind,
        layers: &L,
        refs: StateRefs<F::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> impl Future<Output = Result<impl FunctionService, ErrorReport>> {
        OfKind::<JsonKind, A, K>::service(self, JsonKind::NONE, layers, refs, margin)
    }
}
