//! Checks of the `main` that `#[lambda]` and `main!` write, and of the paths that `main!` is given.

use super::stub::compile_error_stub;
use crate::dispatch::{FunctionEntry, run_dispatch};
use lrt_core::{Function, Handler};
use std::marker::PhantomData;
use std::process::{ExitCode, Termination};

/// The result of the `main` that is written for `Writer`: a function with `#[lambda]`, or `()` for `main!`.
#[derive(Debug)]
pub struct MainExit<Writer>(ExitCode, PhantomData<Writer>);

impl<Writer> MainExit<Writer> {
    fn new(code: ExitCode) -> Self {
        MainExit(code, PhantomData)
    }
}

impl<Writer> Termination for MainExit<Writer> {
    fn report(self) -> ExitCode {
        self.0
    }
}

/// The result of the only `main` of a program.
#[diagnostic::on_unimplemented(
    message = "this program has another `main`: `#[lambda]` and `lrt::main!` write one themselves",
    label = "writes `main`",
    note = "for several functions, write `#[handler]` on each instead of `#[lambda]`, and one `lrt::main!(first, second);`",
    note = "remove a `main` that you wrote: code that runs once before the first event belongs in `init`"
)]
pub trait OnlyMain<Writer> {}

#[diagnostic::do_not_recommend]
impl<Writer> OnlyMain<Writer> for MainExit<Writer> {}

/// Runs a function, if `main` is the one that is written for it. Of two functions called `main`, the compiler takes the first.
pub fn run_main<F: Function, Exit: OnlyMain<F>>(_: fn() -> Exit) -> MainExit<F> {
    MainExit::new(crate::run::<F>())
}

/// Runs the function that `_HANDLER` names, if `main` is the one that `main!` writes.
pub fn run_main_of_several<Exit: OnlyMain<()>>(_: fn() -> Exit, functions: &'static [FunctionEntry]) -> MainExit<()> {
    MainExit::new(run_dispatch(functions))
}

/// The types of the `main` that was written, and of the `main` of its module.
#[derive(Clone, Copy, Debug)]
pub struct Mains<Written, Modules>(Written, Modules);

/// Each function has its own type: both types are equal if the module's `main` is the one that was written.
pub fn mains<Written, Modules>(written: Written, modules: Modules) -> Mains<Written, Modules> {
    Mains(written, modules)
}

impl<Main> Mains<Main, Main> {
    /// Takes precedence over [`InsideOfAnother::check`].
    pub fn check(self) {}
}

/// A `main` in the body of another function, usually of `main` itself, is never called. This is only a warning, because
/// each doctest is such a function.
pub trait InsideOfAnother: Sized {
    /// Called if the two types differ.
    #[deprecated(
        note = "`lrt::main!` writes the program's `main`, but here it is inside another function and is never called: \
                write `lrt::main!(…);` in place of that function"
    )]
    fn check(self) {}
}

impl<Written, Modules> InsideOfAnother for Mains<Written, Modules> {}

/// The type that `main!` finds instead of a function's type, if `#[handler]` has not written one.
#[allow(non_camel_case_types)]
#[derive(Debug)]
pub enum lrt_function {}

impl lrt_function {
    #[allow(missing_docs, non_upper_case_globals)]
    pub const this_function_is_private__write_pub_crate: () = ();
}

impl Function for lrt_function {
    const NAME: &'static str = "";

    fn handler() -> impl Handler {
        compile_error_stub()
    }
}
