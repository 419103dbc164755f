use futures_util::stream;
use lrt::http::Body;
use lrt::prelude::*;

#[lambda(function_url, streaming, route = "GET /{word}")]
async fn twice(Path(word): Path<String>) -> Response {
    Response::new(Body::from_stream(stream::iter([Ok::<_, Error>(word.clone()), Ok(word)])))
}
