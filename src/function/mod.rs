//! Functions: their parameters, which may borrow from the state, and their return values.

pub(crate) mod output;
pub(crate) mod parameters;
pub(crate) mod payload;
pub(crate) mod rejected;
pub(crate) mod signature;
