//! What a function of requests may look like: its parameters, and what it returns.

mod args;
mod output;

pub use args::{BodyArg, HttpArg, HttpArgs, PartsArg, Refusal, StateArg};
pub use output::{Answered, Failing, HttpOutput, TextError};
