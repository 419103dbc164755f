//! Extractors of axum's that find nothing here.

use lrt_core::ErrorReport;

/// Where they are.
const MODULE: &str = "axum::extract::";

/// Their names there, and what there is in their place. They read what axum's `Router` or its server has left in the request.
const ELSEWHERE: [(&str, &str); 4] = [
    ("path::Path<", "`lrt::http::Path`, which is in the prelude, has the parameters of the path"),
    ("path::RawPathParams", "`lrt::http::Path` has the parameters of the path"),
    ("matched_path::MatchedPath", "a function has one route, its option `route`"),
    ("connect_info::ConnectInfo<", "the client's address is in a `lrt::http::RequestContext<T>`"),
];

/// Looks for them among a function's parameters, so that the cold start tells what each request would be refused for.
///
/// axum is no dependency, so only their names are known. Should the compiler write these in another way some day, axum's own
/// answer is what is left: a 500.
///
/// # Errors
///
/// When there is one.
pub(super) fn refuse<A>() -> Result<(), ErrorReport> {
    found(std::any::type_name::<A>()).map_or(Ok(()), |(name, instead)| {
        let name = name.trim_end_matches('<');
        Err(ErrorReport::new(format!(
            "a parameter is axum's `{MODULE}{name}`, which works within an axum `Router` alone: {instead}"
        )))
    })
}

/// Apart, and by hand: std's search for a text is 3 KB where it is written out, and this looks once.
fn found(parameters: &str) -> Option<&'static (&'static str, &'static str)> {
    let parts = parameters.as_bytes().windows(MODULE.len()).enumerate();
    parts.filter(|(_, part)| *part == MODULE.as_bytes()).find_map(|(at, part)| {
        let rest = &parameters.as_bytes()[at + part.len()..];
        ELSEWHERE.iter().find(|(name, _)| rest.starts_with(name.as_bytes()))
    })
}
