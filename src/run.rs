//! From `main` to the loop.

use lrt_core::{Environment, EnvironmentError, Handler};
use std::process::ExitCode;

/// What `#[lambda]` and `#[handler]` write for a function: the type that has the function's name.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no Lambda function",
    label = "name an `async fn` with `#[handler]`"
)]
pub trait Function: 'static {
    /// What `_HANDLER` and the local tools call it.
    const NAME: &'static str;

    /// The function with its options.
    fn handler() -> impl Handler;
}

/// A [`Function`] that borrows `R` of init's value: one entry for each parameter.
///
/// It is apart from [`Function`], since what a public function borrows may be private.
pub trait Borrows<R: Copy + 'static>: Function {
    /// The function with its options.
    fn borrowing() -> impl Handler<Refs = R>;
}

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
            crate::local::follow();
            lrt_core::run(handler, environment)
        }
        #[cfg(all(feature = "local", debug_assertions))]
        Err(EnvironmentError::NotInLambda) => crate::local::main(&[handler]),
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
