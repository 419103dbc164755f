//! The attribute as a whole: what it writes for a good function, and what it says about a bad one.

mod expansion;
mod mistakes;
