//! Protects a Runtime API from other programs and from web pages on this machine, which can also reach its port.

use super::event::uuid;
use super::request::Request;

/// The requests that a Runtime API accepts: requests under an unguessable path, which only the process under test
/// knows.
#[derive(Clone)]
pub(super) struct Access {
    host: String,
    prefix: String,
}

impl Access {
    pub(super) fn new(host: String) -> Self {
        Self { host, prefix: format!("/{}", uuid()) }
    }

    /// The value for `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> String {
        format!("{}{}", self.host, self.prefix)
    }

    /// Returns true if the request has the secret path, the expected `Host` or none, and no `Origin` or `Sec-Fetch-Site`,
    /// which browsers send for web pages.
    pub(super) fn allows(&self, request: &Request) -> bool {
        let has_prefix = request.path.strip_prefix(&self.prefix).is_some_and(|path| path.starts_with('/'));
        has_prefix
            && request.headers.iter().all(|(name, value)| match name {
                _ if name.eq_ignore_ascii_case("Host") => value == self.host,
                _ => !name.eq_ignore_ascii_case("Origin") && !name.eq_ignore_ascii_case("Sec-Fetch-Site"),
            })
    }
}
