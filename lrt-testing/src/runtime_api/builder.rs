use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::access::Access;
use super::response::MAX_RESPONSE_BYTES;
use super::shared::SharedState;
use super::state::Settings;
use super::{RuntimeApi, Server, server};

/// Settings of a [`RuntimeApi`].
#[derive(Clone)]
#[must_use = "a builder does nothing unless it is started"]
pub struct Builder {
    settings: Settings,
    is_private: bool,
}

impl Builder {
    pub(super) fn new() -> Self {
        let settings =
            Settings { concurrency: 1, max_response_bytes: MAX_RESPONSE_BYTES, record_requests: true, access: None };
        Self { settings, is_private: false }
    }

    /// Sets the maximum number of events in flight, as on Lambda Managed Instances. The default is 1.
    ///
    /// If it is more than 1, an unanswered event is delivered again only on the connection that received it, or on any connection
    /// after that one was closed.
    pub fn concurrency(mut self, events: usize) -> Self {
        self.settings.concurrency = events.max(1);
        self
    }

    /// Sets the size limit for replies, in bytes. The default is 6 MiB and 100 bytes. The limit for streamed replies is always 200 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_response_bytes = bytes;
        self
    }

    /// Sets whether [`RuntimeApi::requests`] records requests and their bodies. The default is true.
    pub fn record_requests(mut self, record: bool) -> Self {
        self.settings.record_requests = record;
        self
    }

    /// Accepts only requests of the process that receives [`RuntimeApi::address`], which in this mode contains an
    /// unguessable path.
    ///
    /// Requests with another path or `Host`, or with an `Origin`, are answered with 403, and an event in flight is sent
    /// again only if the connection that has received it is closed. Use this if events contain secrets, because other
    /// programs and web pages on this machine can reach the port.
    #[doc(hidden)]
    pub fn require_secret(mut self) -> Self {
        self.is_private = true;
        self
    }

    /// Starts the API on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot listen on a port.
    pub async fn start(mut self) -> io::Result<RuntimeApi> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let mut address = listener.local_addr()?.to_string();
        if self.is_private {
            let access = Access::new(address);
            address = access.address();
            self.settings.access = Some(access);
        }
        let shared = Arc::new(SharedState::new(self.settings));
        let task = tokio::spawn(server::listen(listener, Arc::clone(&shared))).abort_handle();
        Ok(RuntimeApi { server: Arc::new(Server { shared, address, task }) })
    }
}
