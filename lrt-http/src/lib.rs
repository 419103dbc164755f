//! HTTP functions of [`lrt`](https://docs.rs/lrt): the events of every HTTP origin, losslessly as `http::Request`s, and
//! `http::Response`s as the origins take them.

mod answer;
mod event;
mod extract;
pub mod function;
mod origin;
mod plain;
mod problem;
pub mod rejection;
mod route;
mod text;

pub use answer::Answer;
pub use event::{Event, Refused, Request, read};
pub use extract::{BodyError, Json, Path, PathParams, Query, RequestContext, collect};
pub use origin::{Accepts, Origin};
pub use problem::Problem;
pub use route::{Match, Route, RouteError};

/// A response, as axum has it.
pub type Response = http::Response<axum_core::body::Body>;
