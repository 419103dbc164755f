//! The internal extension that makes Lambda send SIGTERM before it ends the process.
//!
//! See [Using the Lambda Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).

use super::address::Address;
use super::http1::conn::{Conn, ConnError, ReadDeadline};
use super::http1::request_head::{self, Post};
use super::http1::response_head::Field;
use crate::log;

const REGISTER: &str = "/2020-01-01/extension/register";
const NEXT: &str = "/2020-01-01/extension/event/next";

/// The name of the extension in logs and traces.
const NAME: &str = "lrt-shutdown";

/// The error of registering the extension.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExtensionError {
    #[error("{0}")]
    Conn(#[from] ConnError),
    #[error("registration failed with status {0}")]
    Status(u16),
    #[error("registration returned no identifier")]
    Identifier,
}

/// A registered extension, which only waits.
pub(crate) struct Extension {
    conn: Conn,
    address: Address,
    /// The request for the next event.
    next: Vec<u8>,
}

impl Extension {
    /// Registers an extension without events: SIGTERM is the only shutdown notification for internal extensions.
    pub(crate) async fn register(address: &Address) -> Result<Extension, ExtensionError> {
        const BODY: &str = "{\"events\":[]}";
        let mut conn = Conn::new();
        let mut request = Vec::new();
        let headers = [("lambda-extension-name", Some(NAME))];
        Post::new(address, REGISTER, "", "application/json").write(&mut request, "", BODY.len(), &headers);
        request.extend_from_slice(BODY.as_bytes());
        let (status, _) = conn.deliver(address, &request).await?;
        if !(200..300).contains(&status) {
            return Err(ExtensionError::Status(status));
        }
        let (head, bytes) = conn.head();
        let id = head.value(bytes, Field::ExtensionId).ok_or(ExtensionError::Identifier)?;
        let next = request_head::get(address, NEXT, Some(("lambda-extension-identifier", id)));
        Ok(Extension { conn, address: address.clone(), next })
    }

    /// Requests an event that never arrives. Lambda's init phase lasts until each extension has done so.
    pub(crate) async fn wait(mut self) {
        if let Err(error) = self.conn.exchange(&self.address, &self.next, ReadDeadline::LongPoll).await {
            log::warn("", format_args!("shutdown may not run: the internal extension failed: {error}"));
        }
    }
}
