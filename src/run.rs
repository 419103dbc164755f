//! From `main` to the loop.

use lrt_core::{Environment, EnvironmentError, Handler};
use std::process::ExitCode;

/// What `#[lambda]` writes for a function: the type that has the function's name.
///
/// ```
/// use lrt::prelude::*;
///
/// #[lambda]
/// async fn greet(name: String) -> String {
///     format!("hello {name}")
/// }
///
/// fn name_of<F: lrt::Function>() -> String {
///     use lrt::Handler;
///     F::handler().name().to_owned()
/// }
///
/// # fn test() {
/// assert_eq!(name_of::<greet>(), "greet");
/// # }
/// ```
pub trait Function: 'static {
    /// What the function borrows of init's value: one entry for each parameter.
    type Refs: Copy + 'static;

    /// The function with its options.
    fn handler() -> impl Handler<Refs = Self::Refs>;
}

/// Runs a function: what the `main` that `#[lambda]` writes does.
pub fn run<F: Function>() -> ExitCode {
    run_handler(&F::handler())
}

pub(crate) fn run_handler(handler: &impl Handler) -> ExitCode {
    match Environment::read() {
        Ok(environment) => lrt_core::run(handler, environment),
        Err(EnvironmentError::NotInLambda) => without_lambda(handler),
        Err(error) => {
            eprintln!("ERROR {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(all(feature = "local", debug_assertions))]
fn without_lambda(handler: &impl Handler) -> ExitCode {
    crate::local::main(handler)
}

#[cfg(not(all(feature = "local", debug_assertions)))]
fn without_lambda(_: &impl Handler) -> ExitCode {
    eprintln!(
        "ERROR {}; to run the function on this machine, use a debug build with lrt's feature `local`: cargo run",
        EnvironmentError::NotInLambda
    );
    ExitCode::FAILURE
}
