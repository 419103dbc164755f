//! The retry simulator: hand-written traces of AWS's rules, property tests, and runs that were recorded on moto.

mod asynchronous;
mod io;
mod job;
mod moto;
mod properties;
mod queue;
mod recorded;
mod stream;
