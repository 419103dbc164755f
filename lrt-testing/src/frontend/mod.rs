//! What stands in front of HTTP functions: API Gateway, a function URL, a load balancer, VPC Lattice.
//!
//! It is the other side of the wire, for the local Lambda and for tests: `request` (what a client sends) → `event` (what
//! the function gets of it) and `reply` (what the client gets of the function's answer), or `refusal` (what it gets instead). `origin` knows which functions
//! each of them invokes.

mod event;
mod ordered;
mod origin;
mod refusal;
mod reply;
mod request;
pub mod route;
pub mod text;

pub use event::{Facts, Phase};
pub use ordered::{Json, Object};
pub use origin::Origin;
pub use refusal::Refusal;
pub use reply::{HeaderMode, Reply};
pub use request::Request;
