//! The life of a process: environment → init → events → exit code.

mod cutoff;
mod environment;
mod guard;
mod invoke;
mod signals;
mod trace_env;
mod worker;
mod workers;

pub use cutoff::{CutOff, Cutoff, with_deadline};
pub use environment::{Environment, EnvironmentError};
pub use invoke::invoke;
pub use signals::shutdown_signal;

use crate::error::{ErrorReport, RenderedError};
use crate::handler::{FunctionService, Handler, Initialized, Shutdown};
use crate::interrupt::ShutdownSignal;
use crate::invocation::install_recorder;
use crate::metrics::FunctionMetrics;
use crate::runtime_api::Client;
use crate::runtime_api::address::Address;
use crate::runtime_api::extension::Extension;
use crate::{log, panics};
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use trace_env::TraceEnv;
use workers::WorkerShared;

/// Runs a function until Lambda shuts the process down. `main` does not need to do anything else.
///
/// The async runtime is tokio's `current_thread` with its IO and time drivers. SIGTERM and SIGINT end the loop: the
/// invocation in flight is finished (within 250 ms), then the function's shutdown work runs, and the exit code is 0. If
/// init fails, or the Runtime API can no longer be reached, the error is logged on one line, and the exit code is 1.
///
/// The process is expected to exit afterwards: spawned tasks are not dropped.
pub fn run<H: Handler>(handler: &H, environment: Environment) -> ExitCode {
    log::start();
    let multi_threaded = is_multi_threaded(&environment);
    block_on_leaked(multi_threaded, serve(handler, environment, signals::shutdown_signal()))
}

/// Runs a function until `shutdown` is ready, in a process that continues: spawned tasks are dropped.
pub fn run_until<H: Handler>(handler: &H, environment: Environment, shutdown: impl Future<Output = ()>) -> ExitCode {
    log::start();
    let multi_threaded = is_multi_threaded(&environment);
    let runtime = match tokio_runtime(multi_threaded) {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let code = runtime.block_on(serve(handler, environment, shutdown));
    match multi_threaded {
        // Blocking work must not delay the exit.
        false => runtime.shutdown_background(),
        // The same applies to workers, which would panic if the runtime were dropped before the process exits.
        true => std::mem::forget(runtime),
    }
    code
}

/// Returns true if the workers run on several threads.
fn is_multi_threaded(environment: &Environment) -> bool {
    cfg!(feature = "multi-thread") && environment.concurrency > 1
}

/// Runs the last future of the process. Runtime and future are leaked: the code that drops them would be 16 KB of each
/// binary.
fn block_on_leaked(multi_threaded: bool, future: impl Future<Output = ExitCode>) -> ExitCode {
    // `Box::pin` would contain code that drops the future if allocating fails.
    let (future, place) = (ManuallyDrop::new(future), Box::new_uninit());
    let future = Box::into_pin(Box::write(place, ManuallyDrop::into_inner(future)));
    let mut future = ManuallyDrop::new(future);
    match tokio_runtime(multi_threaded).map(ManuallyDrop::new) {
        Ok(runtime) => runtime.block_on(future.as_mut()),
        Err(code) => code,
    }
}

/// Builds the async runtime: single-threaded, unless the function handles several invocations at once.
///
/// In that case it has a thread for each vCPU, so that resources created by `init`, such as a connection pool, are
/// driven by all of them, and not by a single thread that a function may block.
fn tokio_runtime(multi_threaded: bool) -> Result<Runtime, ExitCode> {
    let mut builder = match multi_threaded {
        #[cfg(feature = "multi-thread")]
        true => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    builder.enable_all().build().map_err(|error| {
        log::fatal("", format_args!("failed to start the async runtime: {error}"));
        ExitCode::FAILURE
    })
}

/// Runs a function on the current tokio runtime until `shutdown` is ready.
///
/// ```no_run
/// # async fn example(handler: impl lrt_core::Handler) {
/// let environment = lrt_core::Environment::new("127.0.0.1:9001", Default::default()).unwrap();
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// lrt_core::serve(&handler, environment, async { stopped.await.unwrap_or_default() }).await;
/// # }
/// ```
pub async fn serve<H: Handler>(handler: &H, environment: Environment, shutdown: impl Future<Output = ()>) -> ExitCode {
    let Environment { concurrency, of_process, .. } = environment;
    let mut client = Client::new(Arc::clone(&environment.api));
    // Only in the function's own process, since a process that runs it for a test has other threads. Several workers share
    // the environment of the process, so they do not set the variable.
    let trace_env = if of_process && concurrency == 1 { TraceEnv::of_process() } else { TraceEnv::default() };
    let metrics = FunctionMetrics::of_process(handler.metrics(), &environment.function.name);
    if metrics.is_enabled() {
        install_recorder();
    }
    let initialized = metrics.init(init(handler)).await;
    log::install_global();
    let (mut service, function) = match initialized {
        Ok(initialized) => initialized,
        Err(failure) => return post_init_error(&mut client, &failure).await,
    };
    let mut shutdown = pin!(shutdown);
    let mut shutdown = ShutdownSignal::new(shutdown.as_mut());
    if let Some(registered) = register_extension::<H::Shutdown>(&environment.api) {
        // Lambda may send the signal as soon as the extension is registered. Without a handler, the signal would end
        // the process before the shutdown work runs.
        shutdown.watch().await;
        // A signal ends the wait for a Runtime API that does not respond: the shutdown work runs in any case.
        shutdown.or(pin!(registered)).await;
    }
    let shared = WorkerShared::new(environment, handler.margin(), metrics.clone());
    let ended = if concurrency > 1 {
        drop(client);
        Box::pin(workers::run(shared, service, &mut shutdown)).await
    } else {
        // Without shutdown work, the signal handler is installed when the loop waits for the first time. By then, the
        // connection is open and `/next` is sent, so installing the handler does not delay the cold start.
        client.open().await;
        worker::run(&shared, &mut client, &mut service, trace_env, None, &mut shutdown).await
    };
    match ended {
        Ok(()) => {
            if let Some(work) = shutdown_work(function.shutdown) {
                work.await;
            }
            metrics.flush();
            ExitCode::SUCCESS
        }
        Err(fatal) => {
            metrics.flush();
            log::fatal(fatal.request_id(), format_args!("{fatal}; exiting"));
            ExitCode::FAILURE
        }
    }
}

/// Initializes a function without a Runtime API. An error or a panic is logged and returned.
///
/// # Errors
///
/// Returns the error of the function's init. A panic is `Function.Panic`.
pub async fn init<H: Handler>(
    handler: &H,
) -> Result<(impl FunctionService, Initialized<H::State, H::Shutdown>), RenderedError> {
    panics::record_locations();
    let started = guard::run(async {
        let function = handler.init().await?;
        Ok((handler.service(function.state.clone()).await?, function))
    });
    started.await.inspect_err(log_init_error)
}

/// Reports an init error to Lambda, for a process that has no function to run. The exit code is 1.
pub fn fail_init(environment: Environment, why: ErrorReport) -> ExitCode {
    log::start();
    let failure = why.render();
    log_init_error(&failure);
    log::install_global();
    block_on_leaked(false, async { post_init_error(&mut Client::new(environment.api), &failure).await })
}

fn log_init_error(failure: &RenderedError) {
    log::error_report(log::Level::Fatal, "", format_args!("init failed: {}", failure.text), failure);
}

async fn post_init_error(client: &mut Client, failure: &RenderedError) -> ExitCode {
    match client.init_error(failure).await {
        Ok(posted) => posted.log("", "init error"),
        Err(fatal) => log::error("", format_args!("{fatal}")),
    }
    ExitCode::FAILURE
}

/// Registers an internal extension if there is shutdown work: Lambda sends SIGTERM only if an extension is registered.
/// The init phase lasts until the extension has requested an event.
///
/// A trait object, so that functions without shutdown work do not contain this code.
fn register_extension<E: Shutdown>(api: &Address) -> Option<Pin<Box<dyn Future<Output = ()> + '_>>> {
    if !E::IS_REGISTERED {
        return None;
    }
    Some(Box::pin(async {
        match Extension::register(api).await {
            Ok(extension) => drop(tokio::spawn(extension.wait())),
            Err(error) => {
                log::warn("", format_args!("shutdown will not run: failed to register the internal extension: {error}"))
            }
        }
    }))
}

/// Returns the shutdown work, if there is any. It is a trait object for the same reason as in [`register_extension`].
fn shutdown_work<'e, E: Shutdown + 'e>(end: E) -> Option<Pin<Box<dyn Future<Output = ()> + 'e>>> {
    if !E::IS_REGISTERED {
        return None;
    }
    Some(Box::pin(async {
        let work = guard::run(async {
            end.run().await;
            Ok(())
        });
        if let Err(failure) = work.await {
            log::error("", format_args!("shutdown: {}", failure.text));
        }
    }))
}
