//! Tests of complete expansions.

mod mistakes;
