//! Tests of the attribute as a whole.

mod mistakes;
