//! Whether the `main` that `main!` writes is that of the program.

/// The type of the `main` that was written, and that of its module's.
#[derive(Clone, Copy, Debug)]
pub struct Mains<Written, Modules>(Written, Modules);

/// Each function has a type of its own: these are two of one type if the module's `main` is the one that was written.
pub fn mains<Written, Modules>(written: Written, modules: Modules) -> Mains<Written, Modules> {
    Mains(written, modules)
}

impl<Main> Mains<Main, Main> {
    /// Found before that of [`InsideOfAnother`].
    pub fn check(self) {}
}

/// A `main` in the body of a function, which is `main` itself as a rule: nobody calls it. That is a warning, since each doctest
/// is such a function.
pub trait InsideOfAnother: Sized {
    /// What is found where the two are not one.
    #[deprecated(
        note = "`lrt::main!` writes the program's `main`, and here it is inside of another function, where nobody calls it: \
                write `lrt::main!(…);` in place of that function"
    )]
    fn check(self) {}
}

impl<Written, Modules> InsideOfAnother for Mains<Written, Modules> {}
