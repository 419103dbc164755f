//! Detects axum's extractors that only work inside an axum `Router`.

use lrt_core::ErrorReport;

/// Module of axum's extractors.
const MODULE: &str = "axum::extract::";

/// Extractors that read data which axum's `Router` or its server adds to the request, and their replacements.
const UNSUPPORTED: [(&str, &str); 4] = [
    ("path::Path<", "`lrt::http::Path`, which is in the prelude, has the parameters of the path"),
    ("path::RawPathParams", "`lrt::http::Path` has the parameters of the path"),
    ("matched_path::MatchedPath", "a function has one route, its option `route`"),
    ("connect_info::ConnectInfo<", "the client's address is in a `lrt::http::RequestContext<T>`"),
];

/// Checks a function's parameters for such extractors, so that the cold start fails instead of every request.
///
/// axum is not a dependency, so the extractors are recognized by their names. If a future compiler formats these names
/// differently, the response is axum's own: a 500.
///
/// # Errors
///
/// Returns an error if a parameter is such an extractor.
pub(super) fn check<A>() -> Result<(), ErrorReport> {
    found(std::any::type_name::<A>()).map_or(Ok(()), |(name, instead)| {
        let name = name.trim_end_matches('<');
        Err(ErrorReport::new(format!(
            "a parameter is axum's `{MODULE}{name}`, which only works within an axum `Router`: {instead}"
        )))
    })
}

/// Not generic, and does not use std's substring search, which would add 3 KB to a binary.
fn found(parameters: &str) -> Option<&'static (&'static str, &'static str)> {
    let parts = parameters.as_bytes().windows(MODULE.len()).enumerate();
    parts.filter(|(_, part)| *part == MODULE.as_bytes()).find_map(|(at, part)| {
        let rest = &parameters.as_bytes()[at + part.len()..];
        UNSUPPORTED.iter().find(|(name, _)| rest.starts_with(name.as_bytes()))
    })
}
