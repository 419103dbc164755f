//! The reason why a connection can no longer be used.

use std::io;

#[derive(Debug)]
pub(super) enum ConnectionError {
    Closed,
    Malformed(&'static str),
}

impl From<io::Error> for ConnectionError {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}
