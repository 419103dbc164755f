//! Second impls of traits with an inferred marker.
//!
//! If only one impl could match, the compiler infers its marker, even if its bounds do not hold. With a second impl,
//! the marker of a type that does not fit is unknown. `__private::check` relies on this.

/// A trait that no type implements.
#[diagnostic::on_unimplemented(message = "`{Self}` is not accepted here")]
pub trait NoImpl {}

/// Marker of an impl that could match every type, but applies to none.
#[derive(Debug)]
pub struct Rejected;
