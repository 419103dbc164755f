//! HTTP functions of [`lrt`](https://docs.rs/lrt): the events of every HTTP origin, losslessly as `http::Request`s, and
//! `http::Response`s as the origins take them.
//!
//! # The life of a request
//!
//! 1. [`read`] makes a request of an event, and an [`Answer`] that knows how its origin wants to be answered.
//! 2. Layers, which lrt puts around all that follows.
//! 3. A [`Route`] names the path's parameters, or turns the request down.
//! 4. [`function`]: what the parameters of a function are made of, [`Path`], [`Query`], [`Json`], [`RequestContext`] and
//!    all others of axum's traits. One that does not take the request answers with its [`rejection`], a [`Problem`].
//! 5. What the function returns is a response, or an error: a 500, and a line in the log.
//! 6. [`Answer::write`] writes the response for its origin; [`Answer::stream`] does where it is streamed.

mod answer;
mod bytes;
mod event;
mod extract;
pub mod function;
mod origin;
mod plain;
mod problem;
pub mod rejection;
mod route;
mod text;

pub use answer::{Answer, Started};
pub use event::{Event, Refused, Request, read};
pub use extract::{BodyError, Json, Path, PathParams, Query, RequestContext, collect, innermost, lift_limit};
pub use origin::{Accepts, Origin};
pub use problem::Problem;
pub use route::{Match, Route, RouteError};

/// A response, as axum has it.
pub type Response = http::Response<axum_core::body::Body>;
