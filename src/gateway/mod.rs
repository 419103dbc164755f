//! What stands in front of HTTP functions: API Gateway, a function URL, a load balancer, VPC Lattice.
//!
//! It is the other side of the wire, for the local Lambda and for tests: `request` (what a client sends) → `event` (what
//! the function gets of it) and `reply` (what the client gets of the function's answer), or `refusal` (what it gets instead). `origin` knows which functions
//! each of them invokes.

mod event;
mod ordered;
mod origin;
#[cfg(all(feature = "local", debug_assertions))]
mod refusal;
mod reply;
mod request;
pub(crate) mod route;
pub(crate) mod text;

pub(crate) use event::{Facts, Phase};
pub(crate) use ordered::{Json, Object};
pub(crate) use origin::Origin;
#[cfg(all(feature = "local", debug_assertions))]
pub(crate) use refusal::Refusal;
pub(crate) use reply::{HeaderMode, Reply};
pub(crate) use request::Request;
