//! HTTP functions of [`lrt`](https://docs.rs/lrt): the events of every HTTP origin, losslessly as `http::Request`s, and
//! `http::Response`s as the origins take them.

mod extract;
pub mod function;
mod problem;
pub mod rejection;
mod route;
mod text;

pub use extract::{BodyError, Json, Path, PathParams, Query, collect};
pub use problem::Problem;
pub use route::{Match, Route, RouteError};
