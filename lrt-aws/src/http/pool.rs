//! The connection pool that all clients share.

use super::connector::Connector;
use super::probe::Probe;
use super::roots::{RootSet, Roots};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::Uri;
use http_body::Body;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Open connections by scheme, host and port. All of them have the same connect timeout. The SDK's own client has one pool
/// per pair of timeouts, and a client with other timeouts would not use the connection that [`warm`](crate::warm()) opened.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<PoolInner>);

#[derive(Debug)]
struct PoolInner {
    connect_timeout: Duration,
    roots: Roots,
    own: OnceLock<Connector>,
    system: OnceLock<Connector>,
}

impl Pool {
    pub(crate) fn new(connect_timeout: Duration, roots: Roots) -> Pool {
        Pool(Arc::new(PoolInner { connect_timeout, roots, own: OnceLock::new(), system: OnceLock::new() }))
    }

    /// Opens a connection to the host of a request and leaves it in the pool, without sending the request.
    pub(crate) fn open(&self, request: &HttpRequest, probe: Probe) -> HttpConnectorFuture {
        let (pool, url) = (self.clone(), root_of(request.uri()));
        HttpConnectorFuture::new(async move {
            let opened = match url {
                Some(url) => {
                    probe.set_url(&url);
                    pool.get(&url).await
                }
                None => Err("the request has no host".into()),
            };
            probe.set_opened(opened);
            // Errors of this kind are not retried.
            Err(ConnectorError::user("the call was not sent: it only opened a connection".into()))
        })
    }

    /// Sends a `GET` and reads the entire body, so that the connection returns to the pool.
    async fn get(&self, url: &str) -> Result<(), String> {
        let request = HttpRequest::get(url).map_err(|error| error.to_string())?;
        let mut response = self.call(request).await.map_err(|error| with_causes(&error))?;
        if response.headers().get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            return Err("the server closes the connection after each request".into());
        }
        let mut body = response.take_body();
        while let Some(frame) = next_frame(&mut body).await {
            frame.map_err(|error| with_causes(&*error))?;
        }
        Ok(())
    }

    fn connector(&self, uri: &str) -> &Connector {
        let PoolInner { connect_timeout, roots, own, system } = &*self.0;
        let uri = uri.parse::<Uri>().unwrap_or_default();
        let set = roots.set_for(uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        let connector = match set {
            RootSet::Own => own,
            RootSet::System => system,
        };
        connector.get_or_init(|| Connector::new(roots.store(set), *connect_timeout))
    }
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.connector(request.uri()).call(request)
    }
}

/// Returns the next frame of a body.
pub(crate) async fn next_frame(
    body: &mut SdkBody,
) -> Option<Result<http_body::Frame<bytes::Bytes>, lrt_core::BoxError>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

/// Returns the messages of an error and its causes, outermost first.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        text.push_str(": ");
        text.push_str(&cause.to_string());
    }
    text
}

/// Returns the root of a URL: `https://example.com/` for `https://example.com/a?b`.
fn root_of(uri: &str) -> Option<String> {
    let uri = uri.parse::<Uri>().ok()?;
    Some(format!("{}://{}/", uri.scheme_str()?, uri.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_of_a_url_keeps_its_port_only() {
        assert_eq!(root_of("https://b.s3.amazonaws.com/key?a=b").as_deref(), Some("https://b.s3.amazonaws.com/"));
        assert_eq!(root_of("http://localhost:4566").as_deref(), Some("http://localhost:4566/"));
        assert_eq!(root_of("/key"), None);
    }
}
