//! An HTTP server on the loopback interface, with or without TLS.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub type Reply = Response<Full<Bytes>>;

/// A running server, which stops when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Server {
    /// Starts a server on a free port. Each request is passed to `handle` with its entire body.
    pub async fn start<F, R>(tls: Option<TlsAcceptor>, handle: F) -> io::Result<Self>
    where
        F: Fn(Request<Bytes>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Reply> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(accept(listener, Arc::clone(&connections), tls, handle)).abort_handle();
        Ok(Self { address, connections, task })
    }

    /// Returns the number of connections that clients have opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<F, R>(listener: TcpListener, connections: Arc<AtomicUsize>, tls: Option<TlsAcceptor>, handle: F)
where
    F: Fn(Request<Bytes>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    // Aborts all connections with the server.
    let mut tasks = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        let (tls, handle) = (tls.clone(), handle.clone());
        tasks.spawn(async move {
            stream.set_nodelay(true).ok();
            match tls {
                Some(tls) => {
                    // A client that closes the connection in the handshake reports the reason itself.
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, handle).await;
                    }
                }
                None => serve(stream, handle).await,
            }
        });
        while tasks.try_join_next().is_some() {}
    }
}

async fn serve<F, R>(stream: impl AsyncRead + AsyncWrite + Unpin, handle: F)
where
    F: Fn(Request<Bytes>) -> R,
    R: Future<Output = Reply>,
{
    let handle = &handle;
    let service = service_fn(move |request: Request<hyper::body::Incoming>| async move {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok::<_, hyper::Error>(handle(Request::from_parts(parts, body)).await)
    });
    // Clients close connections at any time: their processes are killed.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Returns a reply with a body of JSON.
pub fn json(status: u16, body: impl Into<Bytes>) -> Reply {
    let reply = Response::builder().status(status).header("content-type", "application/json");
    reply.body(Full::new(body.into())).expect("status and header are valid")
}

/// Loads a chain of certificates and the key of the first one.
pub fn tls(chain: &Path, key: &Path) -> Result<TlsAcceptor, Box<dyn std::error::Error>> {
    let chain = CertificateDer::pem_file_iter(chain)?.collect::<Result<Vec<_>, _>>()?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
