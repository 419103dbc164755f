//! The retry simulator against traces that were written by hand from AWS's rules, random runs, and what moto did.

mod job;
mod moto;
mod properties;
mod queue;
mod recorded;
mod stream;
