//! Extractors of axum's that find nothing here.

use lrt_core::Report;

/// Their full names, and what there is in their place. They read what axum's `Router` or its server has left in the request.
const ELSEWHERE: [(&str, &str); 4] = [
    ("axum::extract::path::Path<", "`lrt::http::Path`, which is in the prelude, has the parameters of the path"),
    ("axum::extract::path::RawPathParams", "`lrt::http::Path` has the parameters of the path"),
    ("axum::extract::matched_path::MatchedPath", "a function has one route, its option `route`"),
    ("axum::extract::connect_info::ConnectInfo<", "the client's address is in a `lrt::http::RequestContext<T>`"),
];

/// Looks for them among a function's parameters, so that the cold start tells what each request would be refused for.
///
/// axum is no dependency, so only their names are known. Should the compiler write these in another way some day, axum's own
/// answer is what is left: a 500.
///
/// # Errors
///
/// When there is one.
pub(super) fn refuse<A>() -> Result<(), Report> {
    let parameters = std::any::type_name::<A>();
    let found = ELSEWHERE.iter().find(|(name, _)| parameters.contains(name));
    found.map_or(Ok(()), |(name, instead)| {
        let name = name.trim_end_matches('<');
        Err(Report::new(format!(
            "a parameter is axum's `{name}`, which works within an axum `Router` alone: {instead}"
        )))
    })
}
