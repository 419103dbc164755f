//! A function by its type, as `#[lambda]` writes it.

use crate::handler::Handler;

/// What `#[lambda]` and `#[handler]` write for a function: the type that has the function's name.
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
    fn borrowing() -> impl Handler<State = R>;
}
