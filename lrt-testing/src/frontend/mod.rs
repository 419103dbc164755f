//! Simulates the services in front of HTTP functions: API Gateway, function URLs, load balancers, VPC Lattice.
//!
//! `event` converts the `request` of a client to the event that the function receives. `reply` converts the function's reply to the
//! response that the client receives, `authorization` its reply as an authorizer, and `error_response` is the service's own
//! response if the function fails. `origin` lists the services and the kinds of functions that they invoke.

mod authorization;
pub(crate) mod claims;
mod error_response;
mod event;
mod object;
mod origin;
mod reply;
mod request;
pub mod route;
pub(crate) mod text;

pub use authorization::{Authorization, authorizer_of_decision};
pub use claims::authorizer_of_claims;
pub use error_response::ErrorResponse;
pub use event::{AuthorizerType, Phase, RequestContext};
pub(crate) use object::Json;
pub use object::Object;
pub use origin::Origin;
pub use reply::{HeaderMode, Reply};
pub use request::Request;
pub use text::{percent_decode, query_decode};
