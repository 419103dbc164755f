//! Traits of the types that `#[lambda]` and `#[handler]` define for functions.

use crate::handler::Handler;

/// A Lambda function: implemented by the type that `#[lambda]` and `#[handler]` define under the function's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Lambda function (missing `#[handler]`)",
    label = "expected the name of an `async fn` with `#[handler]` or `#[lambda]`"
)]
pub trait Function: 'static {
    /// Name that `_HANDLER` and the local tools use.
    const NAME: &'static str;

    /// Kind of the function: the word in the attribute, such as `http_api`, or `json` without one.
    const KIND: &'static str = "json";

    /// The option `route`, with the base path in front of its path.
    const ROUTE: Option<&'static str> = None;

    /// Returns the function with its options.
    fn handler() -> impl Handler;
}

/// A [`Function`] that borrows the references `R` from its state.
///
/// It is separate from [`Function`] because a public function may borrow private types.
pub trait WithState<R: Copy + 'static>: Function {
    /// Returns the function with its options.
    fn handler_with_state() -> impl Handler<State = R>;
}
