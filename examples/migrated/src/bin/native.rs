//! The service in its native form.

use lrt::http::header::LOCATION;
use lrt::prelude::*;
use migrated::Links;

/// Redirects to the target of a link.
#[lambda(http_api, route = "GET /links/{code}", init = Links::open)]
async fn follow(Path(code): Path<String>, links: &Links) -> Response {
    match links.target(&code).await {
        Some(target) => (StatusCode::FOUND, [(LOCATION, target)]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
