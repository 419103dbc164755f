//! The HTTP client of the exporter.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use std::error::Error;

/// The maximum size of a response. Responses of collectors are small.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;
#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;

/// A client that runs on the runtime of the function. Its connection stays open between invocations.
#[derive(Debug)]
pub(crate) struct Client(hyper_util::client::legacy::Client<Connector, Full<Bytes>>);

impl Client {
    pub(crate) fn new() -> std::io::Result<Client> {
        Ok(Client(hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector()?)))
    }
}

#[cfg(not(feature = "tls"))]
fn connector() -> std::io::Result<Connector> {
    Ok(HttpConnector::new())
}

#[cfg(feature = "tls")]
fn connector() -> std::io::Result<Connector> {
    Ok(hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build())
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let response = self.0.request(request.map(Full::new)).await.map_err(|error| causes(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

/// Returns the message of an error with its causes, since the exporter omits them.
fn causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
