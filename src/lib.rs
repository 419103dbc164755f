#![doc = include_str!("../README.md")]
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `local` | yes | `cargo run` serves the function on this machine (debug builds only; a release build has nothing of it) |
//! | `testing` | no | [`testing`]: the fake Runtime API |
//!
//! # Layout
//!
//! The life of a function, in the order of the modules:
//!
//! 1. [`json`](fn@json) starts a [`Builder`]; each option of `#[lambda]` is its method of that name.
//! 2. `function`: what a function's parameters, its state and its return value may be.
//! 3. [`layer`]: what stands around it.
//! 4. [`run`] reads the environment and hands over to `lrt-core`, whose documentation goes on with the loop.
//! 5. `local`: what happens instead where there is no Lambda around.

#[cfg(feature = "batch")]
mod batch;
mod builder;
mod function;
mod json;
mod json_path;
pub mod layer;
#[cfg(all(feature = "local", debug_assertions))]
mod local;
mod run;
#[cfg(any(feature = "testing", all(feature = "local", debug_assertions)))]
#[cfg_attr(not(feature = "testing"), doc(hidden))]
pub mod testing;

pub use builder::{Builder, Definition, WithLayer};
pub use function::args::{Args, AsyncFn, ContextArg, FnArg, PayloadArg, StateArg};
pub use function::output::{Fallible, InitOutput, Output, Plain};
pub use function::state::{Borrowed, Has, Provides};
pub use json::{Json, json};
pub use lrt_core::{
    Boot, BoxError, Context, Deadline, End, EndFn, Environment, EnvironmentError, Error, EventHeaders, FunctionInfo,
    Handler, Instance, Invocation, Margin, Reply, Report, Room, ServiceFn, SharedService, service_fn,
};
pub use lrt_macros::lambda;
pub use run::{Function, run};

/// All that a file with a handler needs: `use lrt::prelude::*;`.
pub mod prelude {
    pub use crate::{Context, Error, lambda};
}
