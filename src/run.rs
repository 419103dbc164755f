//! From `main` to the loop.

use lrt_core::{Environment, EnvironmentError, Function, Handler};
use std::process::ExitCode;

/// Runs a function: what the `main` that `#[lambda]` writes does.
pub fn run<F: Function>() -> ExitCode {
    run_handler(&F::handler())
}

pub(crate) fn run_handler(handler: &impl Handler) -> ExitCode {
    // What is odd in the environment is a line as others are.
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

/// Says why there is nothing to run in.
pub(crate) fn no_environment(error: &EnvironmentError) -> ExitCode {
    match error {
        EnvironmentError::NotInLambda => {
            let cure = "to run the function on this machine, use a debug build with lrt's feature `local`: cargo run";
            lrt_core::log::fatal("", format_args!("{error}; {cure}"));
        }
        _ => lrt_core::log::fatal("", format_args!("{error}")),
    }
    ExitCode::FAILURE
}
