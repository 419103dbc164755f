//! A function that is served.

use super::http_frontend::HttpFrontend;
use super::pool::Pool;

/// A function and its environments.
pub(super) struct ServedFunction {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) pool: Pool,
    /// Present for HTTP functions.
    pub(super) frontend: Option<HttpFrontend>,
    /// Sample events for the page, each with a name.
    pub(super) samples: Vec<(String, String)>,
}
