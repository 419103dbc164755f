//! Runs a function: reads the environment and starts the loop, or the local Lambda.

use lrt_core::{Environment, EnvironmentError, Function, Handler};
use std::process::ExitCode;

/// Runs a function until Lambda ends the process. The `main` that `#[lambda]` writes does this.
pub fn run<F: Function>() -> ExitCode {
    run_handler(&F::handler())
}

/// Runs a function that is not a type, for lrt-compat.
pub fn run_handler(handler: &impl Handler) -> ExitCode {
    // Called before the environment is read, so that warnings about it are log lines.
    lrt_core::log::start();
    match Environment::read() {
        Ok(environment) => {
            #[cfg(all(feature = "local", debug_assertions))]
            lrt_local::exit_with_parent();
            lrt_core::run(handler, environment)
        }
        #[cfg(all(feature = "local", debug_assertions))]
        Err(EnvironmentError::NotInLambda) => lrt_local::main(&[handler]),
        Err(error) => no_environment(&error),
    }
}

/// Runs a function like [`run_handler`], on the current tokio runtime.
pub async fn serve_handler(handler: impl Handler) -> ExitCode {
    lrt_core::log::start();
    match Environment::read() {
        Ok(environment) => {
            #[cfg(all(feature = "local", debug_assertions))]
            lrt_local::exit_with_parent();
            lrt_core::serve(&handler, environment, lrt_core::shutdown_signal()).await
        }
        // On another thread, because the local Lambda has its own runtime, and because tasks of the current one must not
        // wait for it.
        #[cfg(all(feature = "local", debug_assertions))]
        Err(EnvironmentError::NotInLambda) => {
            let local = tokio::task::spawn_blocking(move || lrt_local::main(&[&handler]));
            local.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
        }
        Err(error) => no_environment(&error),
    }
}

/// Logs the reason why the environment cannot be read.
pub(crate) fn no_environment(error: &EnvironmentError) -> ExitCode {
    match error {
        EnvironmentError::NotInLambda => {
            let help = "to run the function on this machine, use a debug build with lrt's feature `local`: cargo run";
            lrt_core::log::fatal("", format_args!("{error}; {help}"));
        }
        _ => lrt_core::log::fatal("", format_args!("{error}")),
    }
    ExitCode::FAILURE
}
