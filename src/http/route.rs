//! Route of a function.

use super::{Request, Response};
use lrt_core::ErrorReport;
use lrt_http::Route;
use std::sync::Arc;

/// Matches a request with the route and adds the path parameters to it, or returns the response to a request that does not
/// match: 404 or 405.
pub(super) type RouteMatcher = Arc<dyn Fn(&mut Request) -> Result<(), Box<Response>> + Send + Sync>;

/// Parses a route.
///
/// # Errors
///
/// The route is invalid.
pub(super) fn route_matcher(route: &str) -> Result<RouteMatcher, ErrorReport> {
    let route = Route::parse(route).map_err(ErrorReport::new)?;
    Ok(Arc::new(move |request| {
        let params = route.matches_request(request).into_result().map_err(Box::new)?;
        request.extensions_mut().insert(params);
        Ok(())
    }))
}
