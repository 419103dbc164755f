//! Checks that the `main` that `main!` writes is the program's entry point.

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
