//! hyper's client as a connector of the SDK.
//!
//! It behaves like the connector of the crate aws-smithy-http-client, but has no proxies. That crate takes root certificates
//! as PEM only, parses them for each connector, and panics if one is invalid. Decoding the five roots of Amazon alone takes
//! 0.25 million instructions.

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::telemetry::CaptureHttpAttemptTelemetry;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::{Extensions, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{
    CaptureConnection, HttpConnector as TcpConnector, HttpInfo, capture_connection,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use lrt_core::BoxError;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tower_service::Service;

/// Sends requests on pooled connections, over TLS for `https`.
#[derive(Debug)]
pub(super) struct Connector {
    client: legacy::Client<TimedConnector, SdkBody>,
}

impl Connector {
    pub(super) fn new(roots: Arc<RootCertStore>, connect_timeout: Duration) -> Connector {
        let mut tcp = TcpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = TimedConnector { https: HttpsConnector::from((tcp, tls(roots))), timeout: connect_timeout };
        // The timer closes connections that have been idle for 90 s.
        let client = legacy::Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Connector { client }
    }
}

fn tls(roots: Arc<RootCertStore>) -> ClientConfig {
    // ring: aws-lc gathers entropy from CPU jitter in the first handshake, about 420 million instructions.
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        // By this, the SDK closes a connection after a transient error.
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let telemetry = request.extensions().get::<CaptureHttpAttemptTelemetry>().cloned();
        let (start, response) = (SystemTime::now(), self.client.request(request));
        HttpConnectorFuture::new(async move {
            let response = response.await;
            if let (Some(telemetry), Ok(duration)) = (telemetry, start.elapsed()) {
                telemetry.record_connector_call_duration(duration);
            }
            HttpResponse::try_from(response.map_err(connector_error)?.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn metadata(capture: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extras = Extensions::new();
    capture.connection_metadata().as_ref()?.get_extras(&mut extras);
    let addresses = extras.get::<HttpInfo>();
    let capture = capture.clone();
    let mut metadata = ConnectionMetadata::builder().proxied(false).poison_fn(move || {
        if let Some(connection) = capture.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    metadata.set_local_addr(addresses.map(HttpInfo::local_addr)).set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(metadata.build())
}

/// Classifies an error, by which the SDK decides whether to retry the call.
fn connector_error(error: legacy::Error) -> ConnectorError {
    if find::<ConnectTimeoutError>(&error).is_some() {
        return ConnectorError::timeout(error.into());
    }
    let is_io = find::<io::Error>(&error).is_some();
    match find::<hyper::Error>(&error) {
        Some(cause) if cause.is_timeout() => ConnectorError::timeout(error.into()),
        Some(cause) if cause.is_user() => ConnectorError::user(error.into()),
        Some(cause) if cause.is_closed() || cause.is_canceled() || is_io => ConnectorError::io(error.into()),
        Some(cause) if cause.is_incomplete_message() => {
            ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
        }
        Some(_) if find::<h2::Error>(&error).is_some_and(was_not_processed) => ConnectorError::io(error.into()),
        None if error.is_connect() || is_io => ConnectorError::io(error.into()),
        _ => ConnectorError::other(error.into(), None),
    }
}

/// Returns true if the server has not processed the request of an HTTP/2 stream.
fn was_not_processed(error: &h2::Error) -> bool {
    error.is_go_away() || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

/// Returns the first error of a type among an error and its causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// Opens connections within a time limit.
#[derive(Clone, Debug)]
struct TimedConnector {
    https: HttpsConnector<TcpConnector>,
    timeout: Duration,
}

impl Service<Uri> for TimedConnector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connection, timeout) = (self.https.call(uri), self.timeout);
        Box::pin(async move {
            tokio::time::timeout(timeout, connection)
                .await
                .unwrap_or_else(|_| Err(ConnectTimeoutError { timeout }.into()))
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("HTTP connect timeout occurred after {timeout:?}")]
struct ConnectTimeoutError {
    timeout: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pool::next_frame;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// A server, with the number of its connections.
    struct Server {
        url: String,
        connections: Arc<AtomicUsize>,
    }

    impl Server {
        /// Responds to each request with these bytes. If they are empty, closes the connection instead.
        async fn start(response: &'static [u8]) -> Server {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap());
            let connections = Arc::<AtomicUsize>::default();
            let count = Arc::clone(&connections);
            tokio::spawn(async move {
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(async move {
                        let mut request = [0; 1024];
                        while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                            if response.is_empty() || stream.write_all(response).await.is_err() {
                                return;
                            }
                        }
                    });
                }
            });
            Server { url, connections }
        }

        fn connections(&self) -> usize {
            self.connections.load(Ordering::Relaxed)
        }
    }

    fn connector(timeout: Duration) -> Connector {
        Connector::new(Arc::new(RootCertStore::empty()), timeout)
    }

    async fn error(url: &str, timeout: Duration) -> ConnectorError {
        connector(timeout).call(HttpRequest::get(url).unwrap()).await.unwrap_err()
    }

    /// Sends a request, reads the response, and returns the connection of both.
    async fn call(connector: &Connector, url: &str) -> ConnectionMetadata {
        let capture = CaptureSmithyConnection::new();
        let mut request = HttpRequest::get(url).unwrap();
        request.add_extension(capture.clone());
        let mut body = connector.call(request).await.unwrap().take_body();
        while let Some(frame) = next_frame(&mut body).await {
            frame.unwrap();
        }
        capture.get().unwrap()
    }

    #[tokio::test]
    async fn refused_connection_is_an_io_error() {
        let error = error("http://127.0.0.1:1/", Duration::from_secs(1)).await;
        assert!(error.is_io(), "{error:?}");
    }

    #[tokio::test]
    async fn connection_without_a_handshake_is_a_timeout() {
        // The system completes the TCP handshake.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let error = error(&url, Duration::from_millis(50)).await;
        assert!(error.is_timeout(), "{error:?}");
        assert!(find::<ConnectTimeoutError>(&error).is_some_and(|error| error.to_string().ends_with("after 50ms")));
    }

    #[tokio::test]
    async fn connection_that_closes_before_the_response_is_a_transient_error() {
        let server = Server::start(b"").await;
        let error = error(&server.url, Duration::from_secs(1)).await;
        assert_eq!(error.as_other(), Some(ErrorKind::TransientError), "{error:?}");
    }

    #[tokio::test]
    async fn invalid_response_is_an_error_without_a_retry() {
        let server = Server::start(b"HTTP/9\r\n\r\n").await;
        let error = error(&server.url, Duration::from_secs(1)).await;
        assert!(error.is_other() && error.as_other().is_none(), "{error:?}");
    }

    #[tokio::test]
    async fn poisoned_connection_is_not_used_again() {
        let (server, connector) = (Server::start(RESPONSE).await, connector(Duration::from_secs(1)));
        call(&connector, &server.url).await;
        let connection = call(&connector, &server.url).await;
        assert_eq!(server.connections(), 1);
        assert_eq!(connection.remote_addr().map(|address| format!("http://{address}/")), Some(server.url.clone()));
        connection.poison();
        call(&connector, &server.url).await;
        assert_eq!(server.connections(), 2);
    }
}
