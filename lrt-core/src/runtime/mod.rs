//! A process's life: environment → init → events → exit code.

mod cutoff;
pub(crate) mod environment;
pub(crate) mod guard;
mod invoke;
#[cfg(feature = "tracing")]
mod panic_hook;
pub(crate) mod panics;
mod signals;
pub(crate) mod stream;
mod trace_env;
pub(crate) mod wake_tracker;
mod worker;
mod workers;

pub use cutoff::{CutOff, Cutoff, with_deadline};
pub use environment::{Environment, EnvironmentError, FunctionInfo};
pub use invoke::invoke;
pub use signals::shutdown_signal;

use crate::error::{ErrorReport, RenderedError};
use crate::handler::{FunctionService, Handler, Initialized, Shutdown};
use crate::log;
use crate::runtime_api::Client;
use crate::runtime_api::address::Address;
use crate::runtime_api::extension::Extension;
use guard::Stop;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use trace_env::TraceEnv;
use workers::Office;

/// Runs a function in its Lambda environment until Lambda ends it: all that a `main` has to do.
///
/// The runtime is tokio's `current_thread` with its io and time drivers. SIGTERM and SIGINT end the loop: the
/// invocation in flight is finished (within 250 ms), then the function's shutdown runs, and the exit code is 0.
/// An init that fails, or a Runtime API that cannot be reached any more, is said in one line; the exit code is 1.
///
/// The process is expected to end then: what was spawned is not dropped.
pub fn run<H: Handler>(handler: &H, environment: Environment) -> ExitCode {
    log::start();
    let several = is_spread(&environment);
    run_last(several, serve(handler, environment, signals::shutdown_signal()))
}

/// The same, until `stop` is ready instead of a signal, in a process that goes on: what was spawned is dropped.
pub fn run_until<H: Handler>(handler: &H, environment: Environment, stop: impl Future<Output = ()>) -> ExitCode {
    log::start();
    let several = is_spread(&environment);
    let runtime = match tokio_runtime(several) {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let code = runtime.block_on(serve(handler, environment, stop));
    match several {
        // Blocking work that still runs must not hold up the exit.
        false => runtime.shutdown_background(),
        // Nor must a worker: it would panic if it found the runtime gone before the process.
        true => std::mem::forget(runtime),
    }
    code
}

/// Whether the workers are on several threads.
fn is_spread(environment: &Environment) -> bool {
    cfg!(feature = "multi-thread") && environment.concurrency > 1
}

/// Runs the last future of the process. The runtime and the future are left to the end of the process: what would shut the
/// one down is 14 KB of each binary, and what would drop the other, wherever it stands, 2 KB.
fn run_last(several: bool, future: impl Future<Output = ExitCode>) -> ExitCode {
    // `Box::pin` would drop it where there is no memory.
    let (future, place) = (ManuallyDrop::new(future), Box::new_uninit());
    let future = Box::into_pin(Box::write(place, ManuallyDrop::into_inner(future)));
    let mut future = ManuallyDrop::new(future);
    match tokio_runtime(several).map(ManuallyDrop::new) {
        Ok(runtime) => runtime.block_on(future.as_mut()),
        Err(code) => code,
    }
}

/// The runtime of a function: of one thread, unless `several` invocations are handled at once.
///
/// Then it has as many threads as there are vCPUs, so that what init has made (a pool of connections, say) lives on all of
/// them, and not on one that a function may block.
fn tokio_runtime(several: bool) -> Result<Runtime, ExitCode> {
    let mut builder = match several {
        #[cfg(feature = "multi-thread")]
        true => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    builder.enable_all().build().map_err(|error| {
        log::fatal("", format_args!("the async runtime cannot start: {error}"));
        ExitCode::FAILURE
    })
}

/// The same on a tokio runtime that is there already.
///
/// ```no_run
/// # async fn example(handler: impl lrt_core::Handler) {
/// let environment = lrt_core::Environment::new("127.0.0.1:9001", Default::default()).unwrap();
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// lrt_core::serve(&handler, environment, async { stopped.await.unwrap_or_default() }).await;
/// # }
/// ```
pub async fn serve<H: Handler>(handler: &H, environment: Environment, stop: impl Future<Output = ()>) -> ExitCode {
    let Environment { concurrency, of_process, .. } = environment;
    let mut client = Client::new(Arc::clone(&environment.api));
    let booted = init(handler).await;
    log::settle();
    let (service, boot) = match booted {
        Ok(started) => started,
        Err(failure) => return init_failed(&mut client, &failure).await,
    };
    let mut stop = pin!(stop);
    let mut stop = Stop::new(stop.as_mut());
    if let Some(asked) = ask_for_sigterm::<H::Shutdown>(&environment.api) {
        // A signal may come as soon as that was asked for: one that nothing handles would end the process without its shutdown.
        stop.watch().await;
        asked.await;
    }
    let office = Office::new(environment, handler.margin());
    let ended = if concurrency > 1 {
        drop(client);
        Box::pin(workers::work(office, service, &mut stop)).await
    } else {
        // Without a shutdown, `stop` is polled for the first time when the loop has to wait. With the connection open, that is
        // when `/next` was sent: what a signal needs to be handled is set up off the cold start's path.
        client.open().await;
        // In the function's own process alone: one that runs it for a test has other threads, and no trace to tell.
        let trace_env = if of_process { TraceEnv::of_process() } else { TraceEnv::default() };
        workers::live(&office, client, service, trace_env, &mut stop).await
    };
    match ended {
        Ok(()) => {
            if let Some(end) = shut_down(boot.shutdown) {
                end.await;
            }
            ExitCode::SUCCESS
        }
        Err(fatal) => {
            log::fatal("", format_args!("{fatal}; the process ends"));
            ExitCode::FAILURE
        }
    }
}

/// Does a function's cold-start work, without a Runtime API: an error, or a panic, is logged and returned.
///
/// # Errors
///
/// What the function's init failed with; a panic is `Function.Panic`.
pub async fn init<H: Handler>(
    handler: &H,
) -> Result<(impl FunctionService, Initialized<H::State, H::Shutdown>), RenderedError> {
    panics::note_locations();
    let started = guard::run(async {
        let boot = handler.init().await?;
        Ok((handler.service(boot.state.clone()).await?, boot))
    });
    started.await.inspect_err(init_failure)
}

/// Ends a process that has no function to run, as one whose init failed: Lambda is told why, and the exit code is 1.
pub fn fail_init(environment: Environment, why: ErrorReport) -> ExitCode {
    log::start();
    let failure = why.render();
    init_failure(&failure);
    log::settle();
    run_last(false, async { init_failed(&mut Client::new(environment.api), &failure).await })
}

fn init_failure(failure: &RenderedError) {
    log::error_report(log::Level::Fatal, "", format_args!("init failed: {}", failure.text), failure);
}

async fn init_failed(client: &mut Client, failure: &RenderedError) -> ExitCode {
    match client.error(None, failure).await {
        Ok(posted) => posted.log("", "init error"),
        Err(fatal) => log::error("", format_args!("{fatal}")),
    }
    ExitCode::FAILURE
}

/// Lambda sends SIGTERM only where an extension is registered, and its init phase waits until that asks for an event.
///
/// It is a trait object so that a function without work for its end has nothing of this in its binary (16 KB).
fn ask_for_sigterm<E: Shutdown>(api: &Address) -> Option<Pin<Box<dyn Future<Output = ()> + '_>>> {
    if !E::IS_REGISTERED {
        return None;
    }
    Some(Box::pin(async {
        match Extension::register(api).await {
            Ok(extension) => drop(tokio::spawn(extension.wait())),
            Err(error) => log::warn("", format_args!("shutdown will not be called: no internal extension: {error}")),
        }
    }))
}

/// What is to be done at the end: a trait object, as above.
fn shut_down<'e, E: Shutdown + 'e>(end: E) -> Option<Pin<Box<dyn Future<Output = ()> + 'e>>> {
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
