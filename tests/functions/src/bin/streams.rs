//! An HTTP function that streams as requested, for tests that run it as a process.

use futures_util::stream::{self, StreamExt};
use lrt::http::{Body, Uri};
use lrt::prelude::*;

#[lambda(function_url, streaming)]
async fn streams(uri: Uri) -> Result<Response, Error> {
    let last = match uri.path() {
        "/fail" => return Err(Error::msg("at once")),
        // The stream never ends, so a client that receives the first chunk did not wait for the end.
        "/hang" => None,
        "/broken" => Some(Err(Error::named("Broken", "after the first"))),
        _ => Some(Ok("second")),
    };
    let last = stream::once(async {
        match last {
            Some(last) => last,
            None => std::future::pending().await,
        }
    });
    let mut response = Response::new(Body::from_stream(stream::iter([Ok("first,")]).chain(last)));
    response.headers_mut().insert("content-type", "text/plain".parse()?);
    Ok(response)
}
