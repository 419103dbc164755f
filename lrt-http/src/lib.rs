//! HTTP support for [`lrt`](https://docs.rs/lrt): converts the events of every HTTP source of AWS Lambda to
//! [`http::Request`]s, and [`http::Response`]s to the replies that these sources expect.
//!
//! # Life of a request
//!
//! 1. [`read`] converts an event to a request and returns the [`ResponseFormat`] that the event's source expects.
//! 2. `lrt` calls the layers of the function.
//! 3. A [`Route`] checks method and path, and extracts the path parameters.
//! 4. `lrt` extracts the parameters of the function: [`Path`], [`Query`], [`Json`], [`RequestContext`] and every other type
//!    that implements axum-core's extractor traits. A failed extraction responds with its [`rejection`], a [`Problem`].
//! 5. The function returns a response.
//! 6. [`ResponseFormat::write`] serializes a response with its complete body; [`ResponseFormat::stream`] starts a streamed
//!    response.
//!
//! An authorizer is called with an [`AuthRequest`], and its result, an [`Allow`] or a [`struct@Deny`], is written in the form of an
//! [`AuthResponse`]. Functions behind an authorizer extract its result as a [`Caller`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod authorizer;
mod body;
mod de;
mod event;
mod extract;
mod log;
mod origin;
mod problem;
pub mod rejection;
mod response;
mod route;

pub use authorizer::{Allow, AuthRequest, AuthResponse, Deny};
pub use body::{BodyError, collect, disable_body_limit, root_cause};
pub use event::{Event, EventError, Request, read};
pub use extract::{Caller, CognitoIdentity, Iam, Json, JwtClaims, Path, PathParams, Query, RequestContext};
pub use origin::{AcceptedOrigins, Origin};
pub use problem::Problem;
pub use response::{ResponseFormat, StreamingResponse};
pub use route::{Route, RouteError, RouteMatch};

/// A response with axum's body type.
pub type Response = http::Response<axum_core::body::Body>;
