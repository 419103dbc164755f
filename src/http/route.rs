//! The one route of a function.

use super::{Request, Response};
use lrt_core::ErrorReport;
use lrt_http::Route;
use std::sync::Arc;

/// Compares a request with the route, whose parameters it gets; otherwise, the answer to one that does not fit: 404 or 405.
pub(super) type Enter = Arc<dyn Fn(&mut Request) -> Result<(), Box<Response>> + Send + Sync>;

/// # Errors
///
/// When the route cannot be read.
pub(super) fn enter(route: &str) -> Result<Enter, ErrorReport> {
    let route = Route::parse(route).map_err(ErrorReport::new)?;
    Ok(Arc::new(move |request| {
        let params = route.matches_request(request).into_result().map_err(Box::new)?;
        request.extensions_mut().insert(params);
        Ok(())
    }))
}
