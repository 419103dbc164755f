//! Route of a function.

use super::{Request, Response};
use lrt_http::Route;

/// Matches a request against the route, and adds the path parameters to it.
///
/// # Errors
///
/// Returns the response to a request that does not match: 404 or 405.
pub(super) fn match_route(route: &Route, request: &mut Request) -> Result<(), Box<Response>> {
    let params = route.matches_request(request).into_result().map_err(Box::new)?;
    request.extensions_mut().insert(params);
    Ok(())
}
