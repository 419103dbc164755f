//! A method and a path pattern: `GET /orders/{id}`.

mod parse;

use crate::de::decode;
use crate::extract::PathParams;
use crate::problem::Problem;
use axum_core::response::{IntoResponse, Response};
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use parse::{RouteMethod, Segment};

pub use parse::RouteError;

/// The method and the path pattern that a function serves.
///
/// ```
/// use http::Method;
/// use lrt_http::{Route, RouteMatch};
///
/// let route = Route::parse("GET /orders/{id}")?;
/// let RouteMatch::Found(params) = route.matches(&Method::GET, "/orders/7") else { panic!("not found") };
/// assert_eq!(params.deserialize(), Ok(7));
/// assert_eq!(route.matches(&Method::GET, "/orders/7/"), RouteMatch::NotFound);
/// assert_eq!(route.matches(&Method::PUT, "/orders/7"), RouteMatch::MethodNotAllowed { allow: "GET,HEAD" });
/// # Ok::<_, lrt_http::RouteError>(())
/// ```
///
/// - The method is one that API Gateway has routes for: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS`, or `ANY`.
///   A `GET` route serves `HEAD` requests as well.
/// - `{id}` matches one path segment that is not empty. `{rest+}` (API Gateway's syntax) and `{*rest}` (axum's syntax) match
///   the rest of the path including its slashes, and must be the last segment.
/// - An escaped slash (`%2F`) does not end a segment.
/// - Everything else is compared exactly: `/orders/` does not match `/orders`, and case is significant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    method: RouteMethod,
    segments: Vec<Segment>,
}

/// Result of matching a request against a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteMatch {
    /// Method and path match. Contains the path parameters, still percent-encoded.
    Found(PathParams),
    /// The path does not match.
    NotFound,
    /// The path matches, the method does not.
    MethodNotAllowed {
        /// The allowed methods, as in the header `Allow`.
        allow: &'static str,
    },
}

impl RouteMatch {
    /// Returns the path parameters of a match.
    ///
    /// # Errors
    ///
    /// Returns the response to a request that does not match: a [`Problem`] with status 404, or 405 with `Allow`.
    // The response is moved once per request.
    #[allow(clippy::result_large_err)]
    pub fn into_result(self) -> Result<PathParams, Response> {
        match self {
            RouteMatch::Found(params) => Ok(params),
            RouteMatch::NotFound => Err(Problem::new(StatusCode::NOT_FOUND).into_response()),
            RouteMatch::MethodNotAllowed { allow } => {
                let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED).into_response();
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
                Err(response)
            }
        }
    }
}

impl Route {
    /// Parses a route, `METHOD /path/{parameter}`.
    ///
    /// # Errors
    ///
    /// Returns the first mistake in the text, with its position.
    pub fn parse(text: &str) -> Result<Route, RouteError> {
        let (method, segments) = parse::parse(text)?;
        Ok(Route { method, segments })
    }

    /// Matches a method and a path without query against the route.
    pub fn matches(&self, method: &Method, path: &str) -> RouteMatch {
        let Some(params) = self.params(path) else { return RouteMatch::NotFound };
        if self.method.accepts(method.as_str()) {
            RouteMatch::Found(PathParams::encoded(params))
        } else {
            RouteMatch::MethodNotAllowed { allow: self.method.allow() }
        }
    }

    fn params<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut params = Vec::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in &self.segments {
            let path = rest?;
            let (head, tail) = match path.split_once('/') {
                Some((head, tail)) => (head, Some(tail)),
                None => (path, None),
            };
            rest = tail;
            match segment {
                Segment::Literal(literal) if matches_literal(literal, head) => {}
                Segment::Param(name) if !head.is_empty() => params.push((name.as_str(), head)),
                Segment::Rest(name) if !path.is_empty() => {
                    params.push((name.as_str(), path));
                    rest = None;
                }
                _ => return None,
            }
        }
        rest.is_none().then_some(params)
    }
}

/// Compares a segment of a path with a literal one of the route. Either may be percent-encoded.
fn matches_literal(literal: &str, segment: &str) -> bool {
    literal == segment || segment.contains('%') && decode(segment).is_ok_and(|decoded| decoded == literal)
}
