//! What tests of a function need: [`RuntimeApi`], Lambda's Runtime API in this process, with faults on request.

pub(crate) mod json;
mod runtime_api;

pub use runtime_api::{
    Answer, AnswerKind, Builder, Endpoint, Event, Extension, Fault, Framing, Headers, Pending, Request, RuntimeApi,
};
