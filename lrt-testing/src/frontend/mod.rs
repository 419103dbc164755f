//! What stands in front of HTTP functions: API Gateway, a function URL, a load balancer, VPC Lattice.
//!
//! It is the other side of the wire, for the local Lambda and for tests: `request` (what a client sends) → `event` (what
//! the function gets of it) and `reply` (what the client gets of the function's answer), or `refusal` (what it gets instead). `origin` knows which functions
//! each of them invokes.

mod error_response;
mod event;
mod object;
mod origin;
mod reply;
mod request;
pub mod route;
pub mod text;

pub use error_response::ErrorResponse;
pub use event::{Phase, RequestContext};
pub use object::{Json, Object};
pub use origin::Origin;
pub use reply::{HeaderMode, Reply};
pub use request::Request;
