//! Several workers in one process, each with its own connection, buffers and invocation, for Lambda Managed Instances.
//!
//! See [execution environment](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html)
//! and [custom runtimes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-managed-instances)
//! for Managed Instances.

mod in_flight;
mod shutdown;
mod supervisor;
#[cfg(feature = "multi-thread")]
mod thread;

use super::environment::Environment;
use super::trace_env::TraceEnv;
use super::worker;
use crate::handler::FunctionService;
use crate::interrupt::{DeadlineMargin, ShutdownSignal};
use crate::log;
use crate::metrics::FunctionMetrics;
use crate::runtime_api::{Client, Fatal};
use in_flight::AllInFlight;
pub(super) use in_flight::InFlight;
use shutdown::ShutdownBroadcast;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use supervisor::Supervisor;

/// The future of a worker, from its first connection to its end.
type WorkerFuture = Pin<Box<dyn Future<Output = Result<(), Fatal>>>>;

/// The state that all workers of a process share.
pub(super) struct WorkerShared {
    pub(super) environment: Environment,
    pub(super) margin: DeadlineMargin,
    pub(super) metrics: FunctionMetrics,
    /// True until the first event was received.
    pub(super) cold_start: AtomicBool,
    shutdown: ShutdownBroadcast,
    in_flight: AllInFlight,
}

impl WorkerShared {
    pub(super) fn new(environment: Environment, margin: DeadlineMargin, metrics: FunctionMetrics) -> WorkerShared {
        WorkerShared {
            environment,
            margin,
            metrics,
            cold_start: AtomicBool::new(true),
            shutdown: ShutdownBroadcast::default(),
            in_flight: AllInFlight::default(),
        }
    }
}

/// Runs the number of workers that the environment sets, each with a clone of the service, until shutdown (`Ok`) or a
/// fatal error.
pub(super) async fn run<S: FunctionService>(
    shared: WorkerShared,
    service: S,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<(), Fatal> {
    let count = shared.environment.concurrency;
    if cfg!(not(feature = "multi-thread")) {
        let help = "enable lrt's feature `multi-thread` to use all vCPUs";
        log::warn("", format_args!("{count} workers share one thread: {help}"));
    }
    // Leaked, since the process exits when the workers have ended.
    let shared: &'static WorkerShared = Box::leak(Box::new(shared));
    let spawn = || -> WorkerFuture {
        let service = service.clone();
        let worker = move || async move {
            let mut shutdown = pin!(shared.shutdown.wait());
            let mut shutdown = ShutdownSignal::new(shutdown.as_mut());
            // All workers share the environment of the process, so no trace id is set.
            let trace_env = TraceEnv::default();
            let (mut client, mut service) = (Client::new(Arc::clone(&shared.environment.api)), service);
            let in_flight = shared.in_flight.add();
            worker::run(shared, &mut client, &mut service, trace_env, Some(&in_flight), &mut shutdown).await
        };
        #[cfg(feature = "multi-thread")]
        let worker = || thread::run_on_thread(worker);
        Box::pin(worker())
    };
    let mut supervisor = Supervisor::new(count, &spawn, &shared.shutdown, &shared.in_flight);
    let ended = poll_fn(|cx| supervisor.poll(cx, shutdown)).await;
    // After an error, the workers on other threads must shut down as well.
    #[cfg(feature = "multi-thread")]
    shared.shutdown.begin();
    ended
}
