//! What a function may look like: its parameters, what they borrow, what it returns.

pub(crate) mod args;
pub mod check;
pub(crate) mod output;
