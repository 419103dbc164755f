//! Functions: their parameters, the state that these borrow, and their return values.

pub(crate) mod output;
pub(crate) mod parameters;
