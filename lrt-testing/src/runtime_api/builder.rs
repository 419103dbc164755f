use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::shared::Shared;
use super::state::Settings;
use super::{RuntimeApi, Server, server};

/// 6 MiB and 100 bytes, as the service counts.
pub(super) const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;

/// A [`RuntimeApi`] that is not started yet.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { settings: Settings { concurrency: 1, max_response_bytes: MAX_RESPONSE_BYTES, record_requests: true } }
    }

    /// How many events are under way at most, as on Lambda Managed Instances; 1 unless set, and at least 1.
    ///
    /// With more than one, "the same event again" is given to the connection that already has one, and the event of
    /// a connection that was closed to whoever asks first.
    pub fn concurrency(mut self, events: usize) -> Self {
        self.settings.concurrency = events.max(1);
        self
    }

    /// The largest body, in bytes, that a reply may have; 6 MiB and 100 bytes unless set. Streamed replies: 200 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_response_bytes = bytes;
        self
    }

    /// Whether [`RuntimeApi::requests`] keeps the requests, bodies and all. Off for what runs long.
    pub fn record_requests(mut self, record: bool) -> Self {
        self.settings.record_requests = record;
        self
    }

    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be listened on.
    pub async fn start(self) -> io::Result<RuntimeApi> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared::new(self.settings));
        let task = tokio::spawn(server::listen(listener, Arc::clone(&shared))).abort_handle();
        Ok(RuntimeApi { server: Arc::new(Server { shared, address, task }) })
    }
}
