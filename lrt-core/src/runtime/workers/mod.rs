//! Several workers in one process, each with its own connection, buffers and invocation: Lambda Managed Instances.
//!
//! See [execution environment](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html)
//! and [custom runtimes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-managed-instances)
//! for Managed Instances.

mod shutdown;
mod supervisor;
#[cfg(feature = "multi-thread")]
mod thread;

use super::environment::Environment;
use super::guard::Stop;
use super::trace_env::TraceEnv;
use super::worker;
use crate::handler::FunctionService;
use crate::invocation::{DeadlineMargin, FunctionInstance};
use crate::log;
use crate::runtime_api::{Client, Fatal};
use shutdown::Ending;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use supervisor::Crew;

/// A worker, from its first connection to its end.
type Life = Pin<Box<dyn Future<Output = Result<(), Fatal>>>>;

/// What all workers of a process have in common.
pub(super) struct Office {
    environment: Environment,
    margin: DeadlineMargin,
    /// Whether no event came yet.
    cold_start: AtomicBool,
    ending: Ending,
}

impl Office {
    pub(super) fn new(environment: Environment, margin: DeadlineMargin) -> Office {
        Office { environment, margin, cold_start: AtomicBool::new(true), ending: Ending::default() }
    }
}

/// Has as many workers handle events as the environment says, each with a clone of the service, until the process is told
/// to end (`Ok`) or cannot go on.
pub(super) async fn work<S: FunctionService>(office: Office, service: S, stop: &mut Stop<'_>) -> Result<(), Fatal> {
    let count = office.environment.concurrency;
    if cfg!(not(feature = "multi-thread")) {
        let cure = "lrt's feature `multi-thread` has them use all vCPUs";
        log::warn("", format_args!("{count} workers share one thread: {cure}"));
    }
    // It lives as long as the process, which is to end when they have.
    let office: &'static Office = Box::leak(Box::new(office));
    let hire = || -> Life {
        let service = service.clone();
        let live = move || async move {
            let mut ending = pin!(office.ending.wait());
            let mut stop = Stop::new(ending.as_mut());
            // There is one environment for all: no trace is told in it.
            let none = TraceEnv::default();
            live(office, Client::new(Arc::clone(&office.environment.api)), service, none, &mut stop).await
        };
        #[cfg(feature = "multi-thread")]
        let live = || thread::on_thread(live);
        Box::pin(live())
    };
    let mut crew = Crew::new(count, &hire, &office.ending);
    let ended = poll_fn(|cx| crew.poll(cx, stop)).await;
    // Where it is an error that ends them, threads that go on have to know.
    #[cfg(feature = "multi-thread")]
    office.ending.begin();
    ended
}

/// The life of one worker, be it the only one.
pub(super) async fn live<S: FunctionService>(
    office: &Office,
    mut client: Client,
    mut service: S,
    trace_env: TraceEnv,
    stop: &mut Stop<'_>,
) -> Result<(), Fatal> {
    // One for each, so that a worker runs the work that its own invocations leave.
    let instance = Arc::new(FunctionInstance::of(Arc::clone(&office.environment.function)));
    let Office { margin, cold_start, .. } = office;
    worker::work(&mut client, &mut service, &instance, *margin, cold_start, trace_env, stop).await
}
