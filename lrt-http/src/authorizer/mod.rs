//! Lambda authorizers of API Gateway.
//!
//! `request`: the request that an authorizer decides about. `decision`: what it returns. `response`: the form in which each API
//! expects the decision, with `policy` for the IAM policy and `context` for the values that the API passes on to the
//! functions of its routes.

mod context;
mod decision;
mod policy;
mod request;
mod response;

pub use decision::{Allow, Deny};
pub use request::AuthRequest;
pub use response::AuthResponse;
