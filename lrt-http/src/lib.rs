//! HTTP functions of [`lrt`](https://docs.rs/lrt): the events of every HTTP origin, losslessly as `http::Request`s, and
//! `http::Response`s as the origins take them.

mod answer;
mod event;
mod origin;
mod plain;

pub use answer::Answer;
pub use event::{Event, Refused, Request, read};
pub use origin::{Accepts, Origin};

/// A response, as axum has it.
pub type Response = http::Response<axum_core::body::Body>;
