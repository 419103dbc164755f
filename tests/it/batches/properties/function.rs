//! The lrt function around the handler, with the options of the case.

use super::case::{Case, MarginOption, RecordLayer, Source, TIMEOUT_MS};
use super::world::World;
use lrt::batch::RawRecord;
use lrt::dynamodb::Change;
use lrt::sqs::Message;
use lrt::{BoxError, Context, Deadline, DeadlineMargin, EventHeaders, Handler, Invocation, Reply};
use lrt::{kafka, kinesis};
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tower::retry::{Policy, RetryLayer};
use tower::timeout::TimeoutLayer;
use tower_service::Service;

/// The outcome of an event.
pub(super) struct Answer {
    /// The reply, or the function error's JSON.
    pub(super) body: String,
    pub(super) is_error: bool,
    pub(super) log: Vec<String>,
}

/// A function of any type.
pub(super) trait Function {
    fn invoke<'a>(&'a mut self, event: String, time: Duration) -> Pin<Box<dyn Future<Output = Answer> + 'a>>;
}

/// Used instead of lrt's `Harness`, which prints each of the many log lines.
struct Booted<S> {
    service: S,
    margin: DeadlineMargin,
}

impl<S: Service<Invocation, Response = Reply, Error = BoxError>> Function for Booted<S> {
    fn invoke<'a>(&'a mut self, event: String, time: Duration) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        let context =
            Context::new(&EventHeaders::default(), Arc::default(), false).with_deadline(Deadline::after(time));
        Box::pin(async move {
            let call = async {
                lrt_core::invoke(&mut self.service, Invocation::new(event, context), self.margin, &mut |_| {}).await
            };
            let (answer, log) = lrt_core::capture_log(call).await;
            let is_error = answer.is_err();
            let body = answer.map_or_else(|failure| failure.body().to_vec(), |reply| reply.body().to_vec());
            Answer { body: String::from_utf8(body).unwrap(), is_error, log }
        })
    }
}

async fn boot(handler: impl Handler) -> Box<dyn Function> {
    let (service, _) = lrt_core::init(&handler).await.unwrap();
    Box::new(Booted { service, margin: handler.margin() })
}

/// Retries any error once.
#[derive(Clone)]
pub(super) struct Once(bool);

impl<E> Policy<RawRecord, (), E> for Once {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut RawRecord, result: &mut Result<(), E>) -> Option<Ready<()>> {
        (result.is_err() && std::mem::replace(&mut self.0, false)).then(|| ready(()))
    }

    fn clone_request(&mut self, record: &RawRecord) -> Option<RawRecord> {
        Some(record.clone())
    }
}

/// Sets the options, and adds the record layers, each of which changes the builder's type.
macro_rules! with_options {
    ($builder:expr, $case:expr) => {{
        let (case, mut builder) = ($case, $builder.on_all_failed($case.on_all_failed));
        if let Some(concurrency) = case.concurrency {
            builder = builder.concurrency(concurrency);
        }
        if let Some(on_failure) = case.on_failure {
            builder = builder.on_failure(on_failure);
        }
        match case.deadline_margin {
            MarginOption::Default => {}
            MarginOption::Off => builder = builder.deadline_margin(DeadlineMargin::Off),
            MarginOption::Ms(ms) => builder = builder.deadline_margin(Duration::from_millis(ms)),
        }
        let timeout = TimeoutLayer::new(Duration::from_millis(TIMEOUT_MS));
        let retry = RetryLayer::new(Once(true));
        match case.layer {
            RecordLayer::None => boot(builder.define()).await,
            RecordLayer::Timeout => boot(builder.record_layer(timeout).define()).await,
            RecordLayer::Retry => boot(builder.record_layer(retry).define()).await,
            RecordLayer::RetryAroundTimeout => boot(builder.record_layer(retry).record_layer(timeout).define()).await,
        }
    }};
}

#[derive(Clone, serde::Deserialize)]
struct Item {
    n: usize,
}

pub(super) async fn function(case: &Case, world: &Arc<World>) -> Box<dyn Function> {
    let world = Arc::clone(world);
    match case.source {
        Source::Queue | Source::Fifo => {
            with_options!(lrt::sqs(move |message: Message<usize>| world.handle(message.body)), case)
        }
        Source::Stream => {
            let index = move |change: Change<Item>| match change {
                Change::Insert { new, .. } | Change::Modify { new, .. } => world.handle(new.n),
                Change::Remove { .. } => unreachable!("no case has one"),
            };
            with_options!(lrt::dynamodb(index), case)
        }
        Source::Kafka => {
            with_options!(lrt::kafka(move |record: kafka::Record<usize>| world.handle(record.value)), case)
        }
        Source::Kinesis => {
            with_options!(lrt::kinesis(move |record: kinesis::Record<usize>| world.handle(record.data)), case)
        }
    }
}
