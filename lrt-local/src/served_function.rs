//! A function that the local Lambda serves.

use super::http_frontend::HttpFrontend;
use super::pool::Pool;

/// A function and its environments.
pub(super) struct ServedFunction {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) pool: Pool,
    /// The service in front of an HTTP function; `None` for other functions.
    pub(super) frontend: Option<HttpFrontend>,
    /// An event that fits in a command, for JSON functions.
    pub(super) payload: Option<String>,
    /// Sample events for the page, each with a name.
    pub(super) samples: Vec<(String, String)>,
}
